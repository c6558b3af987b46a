//! Protocols that history has shown to be wrong, arranged from small steps, and the races that showed it.
//!
//! They are judged, like the shipped operations, by what must be true of rows and guests. That the explorer finds every
//! one of them says what it can be trusted with. They are transactions like ours, over a set of rows of Nova's shape
//! ([`nova`]); [`audit`] is the seed's audit over the shipped rows.

mod arranged;
pub mod audit;
mod audit_errors_new_move;
mod audit_removes_early_allocation;
mod delete_during_build;
mod delete_loses_to_generation;
mod evacuation_without_fencing;
mod last_device_twice_chosen;
mod late_claim_is_logged;
mod marked_in_neither_set;
mod migration_before_its_context;
pub mod nova;
mod old_owner_deletes_node;
mod program;
mod rebuild_forgets_reservation;
mod report_frees_what_it_missed;
mod request_lost_after_tombstone;
mod retry_forgets_its_predicate;
mod rollback_after_delete;
pub mod seed;
mod source_completes_evacuation;
mod source_resets_evacuation;
mod tombstone_outlives_return;
mod tombstone_without_evacuation;
mod unsaved_pins;

pub use arranged::{Arranged, Legacy, Repair};

/// Every historic race, in the order of the catalogue.
#[must_use]
pub fn all() -> Vec<Legacy> {
    vec![
        seed::LEGACY,
        unsaved_pins::LEGACY,
        source_resets_evacuation::LEGACY,
        tombstone_without_evacuation::LEGACY,
        tombstone_outlives_return::LEGACY,
        evacuation_without_fencing::LEGACY,
        audit_removes_early_allocation::LEGACY,
        delete_during_build::LEGACY,
        rollback_after_delete::LEGACY,
        delete_loses_to_generation::LEGACY,
        late_claim_is_logged::LEGACY,
        migration_before_its_context::LEGACY,
        retry_forgets_its_predicate::LEGACY,
        old_owner_deletes_node::LEGACY,
        last_device_twice_chosen::LEGACY,
        marked_in_neither_set::LEGACY,
        rebuild_forgets_reservation::LEGACY,
        report_frees_what_it_missed::LEGACY,
        source_completes_evacuation::LEGACY,
        request_lost_after_tombstone::LEGACY,
        audit_errors_new_move::LEGACY,
    ]
}
