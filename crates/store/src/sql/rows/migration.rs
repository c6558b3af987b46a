//! `migration`: the record of one move.

use steadfast_model::migration::Migration;

use crate::sql::columns::columns;

columns! {
    Migration {
        id, instance, project, user as "user_id", kind, status, attempt, power_before, resize: json, source_host,
        source_claim, dest_host, dest_claim, requested_host, reason, created_at, updated_at,
    }
}
