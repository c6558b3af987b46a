//! Who a claim counts for. OpenStack's clients know instances and migrations, not claims: the claim that is an
//! instance's home is the allocation of the instance, any other that of the migration which made it so. They swap at
//! the hand-over, in its transaction.

use std::collections::BTreeMap;

use steadfast_model::claim::{Claim, Role};
use steadfast_model::ids::{InstanceId, MigrationId};
use steadfast_model::instance::Instance;
use steadfast_model::migration::{Migration, MigrationStatus};
use steadfast_operations::seam::{Abort, Seen, View, get, migrations_of};
use uuid::Uuid;

/// A consumer of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consumer {
    Instance(InstanceId),
    Migration(MigrationId),
}

impl Consumer {
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Consumer::Instance(id) => id.0,
            Consumer::Migration(id) => id.0,
        }
    }

    /// Placement's word for the kind of consumer.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Consumer::Instance(_) => "INSTANCE",
            Consumer::Migration(_) => "MIGRATION",
        }
    }

    /// The consumer of a claim, given the migrations of its instance.
    #[must_use]
    pub fn of<'m>(claim: &Claim, migrations: impl IntoIterator<Item = &'m Migration>) -> Consumer {
        let made_it_so = |migration: &&Migration| match claim.role {
            Role::Home => false,
            Role::Incoming | Role::Held => {
                migration.dest_claim == Some(claim.id) || migration.source_claim == claim.id
            }
            // It left because another became the home, or because its own move failed or was reverted. One that left
            // with its instance's deletion still counts for the instance.
            Role::Leaving => match migration.status {
                MigrationStatus::Done | MigrationStatus::Confirmed => migration.source_claim == claim.id,
                MigrationStatus::Reverted | MigrationStatus::Failed | MigrationStatus::Error => {
                    migration.dest_claim == Some(claim.id)
                }
                MigrationStatus::Accepted
                | MigrationStatus::PreMigrating
                | MigrationStatus::Finished
                | MigrationStatus::Reverting => false,
            },
        };
        let migration = migrations.into_iter().filter(made_it_so).max_by_key(|migration| migration.id);
        migration.map_or(Consumer::Instance(claim.instance), |migration| Consumer::Migration(migration.id))
    }
}

/// A consumer's owner and generation, with a claim of its.
#[derive(Debug, Clone, Hash)]
pub struct Held {
    pub consumer: Consumer,
    pub claim: Seen<Claim>,
    pub instance: Seen<Instance>,
}

/// The consumers of claims.
///
/// # Errors
/// When the store cannot answer.
pub fn held(view: &mut View<'_>, claims: Vec<Seen<Claim>>) -> Result<Vec<Held>, Abort> {
    let mut ids: Vec<InstanceId> = claims.iter().map(|claim| claim.instance).collect();
    ids.sort_unstable();
    ids.dedup();
    let instances: Vec<_> = ids.iter().map(get::<Instance>).collect();
    let migrations: Vec<_> = ids.iter().map(|id| migrations_of(*id)).collect();
    let (instances, migrations) = view.read((instances, migrations))?;
    let by_id: BTreeMap<InstanceId, (Seen<Instance>, Vec<Seen<Migration>>)> = instances
        .into_iter()
        .zip(migrations)
        .filter_map(|(instance, migrations)| instance.map(|instance| (instance.id, (instance, migrations))))
        .collect();
    let held = claims.into_iter().filter_map(|claim| {
        let (instance, migrations) = by_id.get(&claim.instance)?;
        let consumer = Consumer::of(&claim, migrations.iter().map(|migration| migration.row.as_ref()));
        Some(Held { consumer, claim, instance: instance.clone() })
    });
    Ok(held.collect())
}
