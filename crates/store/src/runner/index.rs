//! Every host in memory, as of one version of the store: what schedulers choose from and agents wake to.
//!
//! It takes this process's own commits as they are made, and whatever other processes commit from the feed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steadfast_model::host::Host;
use steadfast_model::ids::{ClaimId, HostId, ListGen, Version};
use steadfast_model::inventory::{Amounts, Inventory, ResourceClass};
use steadfast_model::pci::{Address, Device};
use steadfast_model::schedule::{Fleet, HostView};
use steadfast_operations::seam::{Abort, Changes, Key, Record, Rows, Stored, Table};
use tokio::sync::watch;

use crate::backend::Backend;

/// The tables that the index holds.
const TABLES: [Table; 4] = [Table::Host, Table::Inventory, Table::Device, Table::Claim];

/// Whether a change of this row concerns the index.
pub(super) fn concerns(key: &Key) -> bool {
    TABLES.contains(&key.table())
}

/// The rows of one host.
#[derive(Debug, Default)]
struct HostRows {
    host: Option<Arc<Host>>,
    inventory: BTreeMap<ResourceClass, Arc<Inventory>>,
    devices: BTreeMap<Address, Arc<Device>>,
    claims: BTreeMap<ClaimId, Amounts>,
}

impl HostRows {
    fn view(&self) -> Option<HostView> {
        let mut claimed = Amounts::default();
        self.claims.values().for_each(|amounts| claimed += *amounts);
        Some(HostView {
            host: self.host.as_deref()?.clone(),
            inventory: self.inventory.values().map(|row| row.as_ref().clone()).collect(),
            devices: self.devices.values().map(|row| row.as_ref().clone()).collect(),
            claimed,
        })
    }
}

#[derive(Debug, Default)]
struct State {
    version: Version,
    hosts: BTreeMap<HostId, HostRows>,
    claim_hosts: BTreeMap<ClaimId, HostId>,
    /// Commits of this process that came before one that they follow, by the version of their first member.
    early: BTreeMap<Version, Vec<Changes>>,
    /// As handed out last, and the hosts that have changed since.
    fleet: Arc<Fleet>,
    changed: BTreeSet<HostId>,
    list_gens: BTreeMap<HostId, watch::Sender<ListGen>>,
    /// How often somebody has asked the follower to come to the newest version, and how many of these it has seen.
    asked: u64,
    seen: u64,
    closed: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    state: Mutex<State>,
    /// Rung when a commit came early, for the follower to fetch what is missing, and when somebody asks it to.
    gap: Condvar,
    /// How many of those who asked were answered.
    answered: watch::Sender<u64>,
}

/// How long a scheduler waits for what other processes committed. By then the feed cannot be read, and hosts are taken
/// as they were last seen: the claim's transaction decides all the same.
const CATCH_UP_MAX_MS: u64 = 5_000;

impl Index {
    /// Every host of a store, as it is now.
    pub fn load(engine: &mut dyn Backend) -> Result<Index, Abort> {
        let mut state = State { version: engine.head()?, ..State::default() };
        for table in TABLES {
            for row in engine.whole(table)? {
                state.put(&row.record.key(), Some(&row.record));
            }
        }
        engine.rollback();
        Ok(Index { state: Mutex::new(state), gap: Condvar::new(), answered: watch::Sender::new(0) })
    }

    /// A batch that this process committed; `version` is that of its last member.
    pub fn take_commit(&self, version: Version, batch: Vec<Changes>) {
        let first = Version(version.0 + 1 - batch.len() as u64);
        let mut state = self.lock();
        if first > state.version {
            state.early.insert(first, batch);
            state.catch_up();
        }
        if !state.early.is_empty() {
            self.gap.notify_one();
        }
    }

    /// What a follower read at `version`: every row that changed since the index's own version.
    pub fn take_feed(&self, version: Version, rows: impl IntoIterator<Item = (Key, Option<Stored>)>) {
        let mut state = self.lock();
        if version <= state.version {
            return;
        }
        for (key, row) in rows {
            state.put(&key, row.as_ref().map(|row| &row.record));
        }
        state.version = version;
        state.catch_up();
    }

    pub fn version(&self) -> Version {
        self.lock().version
    }

    /// Has the follower bring it to a version that is not older than this call, as long as it can read the feed.
    pub async fn catch_up(&self) {
        let mine = {
            let mut state = self.lock();
            state.asked += 1;
            state.asked
        };
        self.gap.notify_one();
        let mut answered = self.answered.subscribe();
        let came = answered.wait_for(|answered| *answered >= mine);
        if tokio::time::timeout(Duration::from_millis(CATCH_UP_MAX_MS), came).await.is_err() {
            tracing::warn!("the feed is not followed; schedulers see hosts as they were");
        }
    }

    /// Answers those who had asked so many times when the follower began to read.
    pub fn answer(&self, asks: u64) {
        self.answered.send_replace(asks);
    }

    /// Waits until a commit is missing, somebody asks, or `most` is over. Answers how often somebody has asked; none
    /// once the store is closed.
    pub fn wait_for_gap(&self, most: Duration) -> Option<u64> {
        let even = |state: &mut State| state.early.is_empty() && state.asked == state.seen && !state.closed;
        let waited = self.gap.wait_timeout_while(self.lock(), most, even);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.seen = state.asked;
        (!state.closed).then_some(state.asked)
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.gap.notify_all();
    }

    /// Every host. Only those that changed since the last call are made anew.
    pub fn fleet(&self) -> Arc<Fleet> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.changed.is_empty() {
            let fleet = Arc::make_mut(&mut state.fleet);
            for id in std::mem::take(&mut state.changed) {
                match state.hosts.get(&id).and_then(HostRows::view) {
                    Some(view) => fleet.hosts.insert(id, Arc::new(view)),
                    None => fleet.hosts.remove(&id),
                };
            }
        }
        Arc::clone(&state.fleet)
    }

    /// The host's `list_gen`, and what it becomes.
    pub fn list_gen(&self, host: &HostId) -> watch::Receiver<ListGen> {
        self.lock().list_gen(host).subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes the early commits that now follow. Those that a follower has read meanwhile are dropped.
    fn catch_up(&mut self) {
        while let Some(entry) = self.early.first_entry() {
            let first = *entry.key();
            if first > self.version.next() {
                return;
            }
            let batch = entry.remove();
            if first <= self.version {
                continue;
            }
            self.version = Version(self.version.0 + batch.len() as u64);
            for write in batch.iter().flat_map(|changes| &changes.writes) {
                self.put(&write.key, write.record.as_ref());
            }
        }
    }

    fn put(&mut self, key: &Key, record: Option<&Record>) {
        match key {
            Key::Host(id) => {
                let host = record.and_then(host_of);
                let list_gen = host.as_ref().map_or_else(ListGen::default, |host| host.list_gen);
                self.list_gen(id).send_if_modified(|old| std::mem::replace(old, list_gen) != list_gen);
                self.rows(id).host = host;
            }
            Key::Inventory((host, class)) => {
                let inventory = &mut self.rows(host).inventory;
                match record {
                    Some(Record::Inventory(row)) => inventory.insert(*class, Arc::clone(row)),
                    _ => inventory.remove(class),
                };
            }
            Key::Device((host, address)) => {
                let devices = &mut self.rows(host).devices;
                match record {
                    Some(Record::Device(row)) => devices.insert(*address, Arc::clone(row)),
                    _ => devices.remove(address),
                };
            }
            Key::Claim(id) => {
                if let Some(host) = self.claim_hosts.remove(id) {
                    self.rows(&host).claims.remove(id);
                }
                if let Some(Record::Claim(claim)) = record {
                    self.claim_hosts.insert(*id, claim.host.clone());
                    self.rows(&claim.host).claims.insert(*id, claim.amounts);
                }
            }
            Key::Discrepancy(_) | Key::Flavor(_) | Key::Instance(_) | Key::Migration(_) | Key::Action(_) => {}
        }
    }

    /// The rows of a host, about to change.
    fn rows(&mut self, host: &HostId) -> &mut HostRows {
        self.changed.insert(host.clone());
        self.hosts.entry(host.clone()).or_default()
    }

    fn list_gen(&mut self, host: &HostId) -> &watch::Sender<ListGen> {
        self.list_gens.entry(host.clone()).or_insert_with(|| watch::Sender::new(ListGen::default()))
    }
}

fn host_of(record: &Record) -> Option<Arc<Host>> {
    match record {
        Record::Host(host) => Some(Arc::clone(host)),
        _ => None,
    }
}
