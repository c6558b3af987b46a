//! `host`: a machine and its lives.

use steadfast_model::host::{Host, Machine, Receipt};

use crate::sql::columns::{columns, tagged};

columns! {
    Host {
        id, uuid, epoch, registered, nonce, boot_id, receipt, asserted_dead, fence_intent, list_gen, inventory_seq,
        report_seq, removed, quarantined, disabled, machine, created_at, last_seen,
    }
}

columns! { Machine { hypervisor_type, hypervisor_version, host_ip, cells: json } }

tagged!(Receipt, "receipt", "receipt_by");
