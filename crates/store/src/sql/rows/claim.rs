//! `claim`: resources and devices on one host, held for one instance.

use steadfast_model::claim::{Claim, Said};
use steadfast_model::inventory::Amounts;

use crate::sql::columns::{columns, tagged};

columns! {
    Claim {
        id, instance, host, role, told, run, hot, order as "claim_order", said, devices: json, amounts, attempt, migration,
        created_at,
    }
}

columns! { Amounts { vcpus, memory_mb, disk_gb } }

tagged!(Said, "said", "said_reason");
