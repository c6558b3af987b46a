//! Invariants over the rows of one version of the store.

use super::{Invariant, Snapshot, Violation};
use crate::claim::{Claim, Role};
use crate::host::Host;
use crate::ids::{ClaimId, HostId, InstanceId, MigrationId};
use crate::instance::{Instance, Operation, VmState};
use crate::migration::{Migration, MigrationKind, MigrationStatus};
use crate::pci::{Address, Device, Kind};

/// Rows by key, read once. No two rows of a store have one key; several claims may be of one instance.
struct ByKey<K, R>(Vec<(K, R)>);

impl<K: Ord, R: Copy> ByKey<K, R> {
    /// Those of one key stay in their order.
    fn of(rows: impl Iterator<Item = (K, R)>) -> Self {
        let mut rows: Vec<(K, R)> = rows.collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        ByKey(rows)
    }

    fn all(&self, key: &K) -> impl Iterator<Item = R> {
        let from = self.0.partition_point(|(known, _)| known < key);
        self.0[from..].iter().take_while(move |(known, _)| known == key).map(|(_, row)| *row)
    }

    fn get(&self, key: &K) -> Option<R> {
        self.all(key).next()
    }
}

/// The snapshot by key.
struct Indexed<'a> {
    snapshot: &'a Snapshot,
    hosts: ByKey<&'a HostId, &'a Host>,
    devices: ByKey<(&'a HostId, Address), &'a Device>,
    claims: ByKey<ClaimId, &'a Claim>,
    claims_of: ByKey<InstanceId, &'a Claim>,
    instances: ByKey<InstanceId, &'a Instance>,
    migrations: ByKey<MigrationId, &'a Migration>,
    found: Vec<Violation>,
}

/// Every violation in the snapshot, in a stable order.
#[must_use]
pub fn check(snapshot: &Snapshot) -> Vec<Violation> {
    let Snapshot { hosts, devices, claims, instances, migrations } = snapshot;
    let mut indexed = Indexed {
        snapshot,
        hosts: ByKey::of(hosts.iter().map(|host| (&host.id, host.as_ref()))),
        devices: ByKey::of(devices.iter().map(|row| ((&row.host, row.seen.address), row.as_ref()))),
        claims: ByKey::of(claims.iter().map(|claim| (claim.id, claim.as_ref()))),
        claims_of: ByKey::of(claims.iter().map(|claim| (claim.instance, claim.as_ref()))),
        instances: ByKey::of(instances.iter().map(|instance| (instance.id, instance.as_ref()))),
        migrations: ByKey::of(migrations.iter().map(|migration| (migration.id, migration.as_ref()))),
        found: Vec::new(),
    };
    indexed.devices_and_owners();
    indexed.topology();
    snapshot.claims.iter().for_each(|claim| indexed.claim_belongs(claim));
    snapshot.instances.iter().for_each(|instance| indexed.instance_homes(instance));
    snapshot.instances.iter().for_each(|instance| indexed.instance_held(instance));
    snapshot.instances.iter().for_each(|instance| indexed.instance_operation(instance));
    snapshot.migrations.iter().for_each(|migration| indexed.migration_operation(migration));
    snapshot.hosts.iter().for_each(|host| indexed.host_agrees(host));
    indexed.found.sort();
    indexed.found
}

fn device_row(host: &HostId, address: Address) -> String {
    format!("device {host}/{address}")
}

fn claim_row(claim: &Claim) -> String {
    format!("claim {}", claim.id)
}

fn instance_row(instance: InstanceId) -> String {
    format!("instance {instance}")
}

impl Indexed<'_> {
    fn report(&mut self, invariant: Invariant, rows: Vec<String>, message: String) {
        self.found.push(Violation::new(invariant, rows, message));
    }

    fn devices_and_owners(&mut self) {
        for device in &self.snapshot.devices {
            let Some(owner) = device.owner else { continue };
            let listed = self.claims.get(&owner).is_some_and(|claim| {
                claim.host == device.host && claim.devices.contains(&device.seen.address)
            });
            if !listed {
                let row = device_row(&device.host, device.seen.address);
                let message = format!("{row} is owned by claim {owner}, which does not list it");
                self.report(Invariant::S1ExclusiveDevice, vec![row, format!("claim {owner}")], message);
            }
        }
        for claim in &self.snapshot.claims {
            for address in &claim.devices {
                self.claimed_device(claim, *address);
            }
        }
    }

    fn claimed_device(&mut self, claim: &Claim, address: Address) {
        let row = || device_row(&claim.host, address);
        match self.devices.get(&(&claim.host, address)).map(|device| device.owner) {
            None => {
                let message = format!("claim {} holds {}, which does not exist", claim.id, row());
                self.report(Invariant::S3DeviceOnHost, vec![claim_row(claim), row()], message);
            }
            Some(owner) if owner != Some(claim.id) => {
                let owner = owner.map_or_else(|| "nobody".to_owned(), |owner| format!("claim {owner}"));
                let message = format!("claim {} holds {}, which belongs to {owner}", claim.id, row());
                self.report(Invariant::S1ExclusiveDevice, vec![claim_row(claim), row()], message);
            }
            Some(_) => {}
        }
    }

    fn topology(&mut self) {
        for device in self.snapshot.devices.iter().filter(|device| device.owner.is_some()) {
            let parent = device.seen.parent.filter(|_| device.seen.kind == Kind::Vf);
            let Some(parent) = parent.and_then(|parent| self.devices.get(&(&device.host, parent))) else {
                continue;
            };
            if parent.owner.is_some() {
                let rows = [device, parent].map(|d| device_row(&d.host, d.seen.address));
                let message = format!("{} and its physical function are both owned", rows[0]);
                self.report(Invariant::S4Topology, rows.to_vec(), message);
            }
        }
    }

    fn claim_belongs(&mut self, claim: &Claim) {
        if self.instances.get(&claim.instance).is_none() {
            let message = format!("claim {} is for an instance that does not exist", claim.id);
            self.report(
                Invariant::ClaimsBelong,
                vec![claim_row(claim), instance_row(claim.instance)],
                message,
            );
        }
        let Some(host) = self.hosts.get(&&claim.host) else {
            let message = format!("claim {} is on a host that does not exist", claim.id);
            let rows = vec![claim_row(claim), format!("host {}", claim.host)];
            return self.report(Invariant::ClaimsBelong, rows, message);
        };
        if claim.run && host.registered && !claim.hot {
            let message = format!("claim {} may run on a living host and is not hot", claim.id);
            self.report(Invariant::OneRunner, vec![claim_row(claim)], message);
        }
        if claim.run && claim.is_leaving() {
            let message = format!("claim {} is leaving and may run", claim.id);
            self.report(Invariant::OneRunner, vec![claim_row(claim)], message);
        }
    }

    fn instance_homes(&mut self, instance: &Instance) {
        let claims: Vec<&Claim> = self.claims_of.all(&instance.id).collect();
        let rows = |some: &[&Claim]| {
            let mut rows = vec![instance_row(instance.id)];
            rows.extend(some.iter().map(|claim| claim_row(claim)));
            rows
        };
        let those = |which: &dyn Fn(&Claim) -> bool| -> Vec<&Claim> {
            claims.iter().copied().filter(|claim| which(claim)).collect()
        };
        let staying = those(&|claim| !claim.is_leaving());
        if instance.is_deleted() && !staying.is_empty() {
            let message = format!("instance {} is deleted and has claims that are not leaving", instance.id);
            self.report(Invariant::S7OneHome, rows(&staying), message);
        }
        let homes = those(&|claim| claim.role == Role::Home);
        let at_home = match (&instance.host, homes.as_slice()) {
            (None, []) => true,
            (Some(host), [home]) => home.host == *host,
            // The host that a deleted instance was on stays with it, for whoever asks later.
            (Some(_), []) => instance.is_deleted(),
            (_, _) => false,
        };
        if !at_home {
            let place = instance.host.as_ref().map_or("nowhere", HostId::as_str);
            let message =
                format!("instance {} says it is on {place} and has {} homes", instance.id, homes.len());
            self.report(Invariant::S7OneHome, rows(&homes), message);
        }
        for role in [Role::Incoming, Role::Held] {
            let some = those(&|claim| claim.role == role);
            if some.len() > 1 {
                let message = format!("instance {} has {} {} claims", instance.id, some.len(), role.name());
                self.report(Invariant::S7OneHome, rows(&some), message);
            }
        }
        let runners = those(&|claim| claim.run);
        if runners.len() > 1 {
            let message = format!("instance {} may run under {} claims", instance.id, runners.len());
            self.report(Invariant::OneRunner, rows(&runners), message);
        }
        for claim in &staying {
            let twin = staying.iter().any(|other| other.id < claim.id && other.host == claim.host);
            if twin {
                let message = format!("instance {} has two claims on {}", instance.id, claim.host);
                self.report(Invariant::OneClaimPerHost, rows(&staying), message);
            }
        }
    }

    /// Something is kept for a revert exactly as long as the move can be confirmed or reverted.
    fn instance_held(&mut self, instance: &Instance) {
        let held = self.claims_of.all(&instance.id).filter(|claim| claim.role == Role::Held).count();
        if (held > 0) != (instance.vm_state == VmState::Resized) {
            let state = instance.vm_state.name();
            let message = format!("instance {} is {state} and has {held} held claims", instance.id);
            self.report(Invariant::OperationsMatch, vec![instance_row(instance.id)], message);
        }
    }

    fn instance_operation(&mut self, instance: &Instance) {
        let Some(id) = instance.operation.and_then(|operation| operation.migration()) else { return };
        let named = self.migrations.get(&id);
        if named.is_none_or(|migration| migration.instance != instance.id) {
            let message =
                format!("instance {} runs an operation of a migration that is not its own", instance.id);
            let rows = vec![instance_row(instance.id), format!("migration {id}")];
            self.report(Invariant::OperationsMatch, rows, message);
        }
    }

    fn migration_operation(&mut self, migration: &Migration) {
        let instance = self.instances.get(&migration.instance);
        let operation = instance.and_then(|instance| instance.operation);
        let moves = match migration.kind {
            MigrationKind::Evacuation => Operation::Evacuate(migration.id),
            MigrationKind::Migration | MigrationKind::Resize => Operation::Migrate(migration.id),
        };
        let reverts = Operation::Revert(migration.id);
        let agrees = match migration.status {
            MigrationStatus::Accepted | MigrationStatus::PreMigrating => operation == Some(moves),
            MigrationStatus::Finished => {
                operation.is_none() && instance.is_some_and(|row| row.vm_state == VmState::Resized)
            }
            MigrationStatus::Reverting => operation == Some(reverts),
            MigrationStatus::Done
            | MigrationStatus::Confirmed
            | MigrationStatus::Reverted
            | MigrationStatus::Failed
            | MigrationStatus::Error => operation != Some(moves) && operation != Some(reverts),
        };
        if !agrees {
            let status = migration.status.name();
            let message =
                format!("migration {} is {status}, and its instance's operation disagrees", migration.id);
            let rows = vec![format!("migration {}", migration.id), instance_row(migration.instance)];
            self.report(Invariant::OperationsMatch, rows, message);
        }
    }

    fn host_agrees(&mut self, host: &Host) {
        let row = || format!("host {}", host.id);
        if host.registered && (host.receipt.is_some() || host.removed) {
            let message = format!("{} is registered, and proven to be down", row());
            self.report(Invariant::HostsAgree, vec![row()], message);
        }
        if !host.removed {
            return;
        }
        let claims = self.snapshot.claims.iter().filter(|claim| claim.host == host.id);
        let claims: Vec<String> = claims.map(|claim| claim_row(claim)).collect();
        if !claims.is_empty() {
            let message = format!("{} is removed and still has {} claims", row(), claims.len());
            let rows = std::iter::once(row()).chain(claims).collect();
            self.report(Invariant::HostsAgree, rows, message);
        }
    }
}
