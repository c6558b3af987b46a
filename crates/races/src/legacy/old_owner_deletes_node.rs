//! Race 29, LP 1853009: the old owner of a node deletes the record that the new owner has taken over.
//!
//! An agent lists the records of its nodes; then the hash ring gives a node to another agent, which takes the record
//! over. The first agent's driver no longer reports the node, so it deletes the record, whoever's it is. The new owner
//! has seen the record and does not look again.

use super::arranged::{Legacy, Repair};
use super::nova::{
    Db, Host, Invariant, Memory, Node, NodeRecord, Nova, Process, Provider, Range, Ring, Stage, Statements,
};

const OLD: Host = Host("a");
const NEW: Host = Host("b");
const NODE: Node = Node("n1");

/// How often the new owner audits: once to take the node over, and once to see that it does not look again.
const AUDITS: u32 = 2;

pub(super) const LEGACY: Legacy = Legacy {
    number: "29",
    name: "old_owner_deletes_node",
    about: "an agent deletes the record of a node that it no longer has, and another has taken over \
        meanwhile",
    rule: "2 and 6: absence from a list is no evidence, and a write names whose row it writes",
    breaks: Invariant::Alloc,
    operations: &["audit of the old owner", "audits of the new owner"],
    faults: &[],
    world: || {
        Nova::default()
            .with(NODE, Ring { host: OLD })
            .with(NODE, NodeRecord { host: OLD })
            .with(NODE, Provider)
    },
    start: |stage| start(stage, false),
    repair: Repair {
        about: "the record is deleted where it is the old owner's, and the provider with it",
        start: |stage| start(stage, true),
        spares: &[],
    },
};

fn start(stage: &Stage, owned_only: bool) {
    stage.begin(Process::Agent(OLD), "audit", old_owner(stage.clone(), owned_only));
    stage.begin(Process::Agent(NEW), "audits", new_owner(stage.clone()));
}

/// Deletes the record if it is still the old owner's.
fn delete_own(db: &mut Db<'_>) {
    if db.find::<NodeRecord>(NODE).is_some_and(|record| record.host == OLD) {
        db.delete::<NodeRecord>(NODE);
        db.delete::<Provider>(NODE);
    }
}

async fn old_owner(stage: Stage, owned_only: bool) {
    let list = |db: &mut Db<'_>| !db.list::<NodeRecord>(Range::NodesOf(OLD)).is_empty();
    let listed = stage.step("audit.nodes", list).await;
    let reported = stage.step("audit.driver", |db| db.row::<Ring>(NODE).host == OLD).await;
    if !listed || reported {
        return;
    }
    if owned_only {
        return stage.step("audit.delete_node", delete_own).await;
    }
    stage.step("audit.delete_node", |db| db.delete::<NodeRecord>(NODE)).await;
    stage.step("audit.delete_provider", |db| db.delete::<Provider>(NODE)).await;
}

/// Takes over or makes the record of the node, unless it was seen before.
fn take_over(db: &mut Db<'_>) {
    let process = Process::Agent(NEW);
    let mut memory = db.find::<Memory>(process).unwrap_or_default();
    if memory.nodes.insert(NODE) {
        db.put(NODE, NodeRecord { host: NEW });
        db.put(NODE, Provider);
        db.put(process, memory);
    }
}

async fn new_owner(stage: Stage) {
    stage.step("rebalance", |db| db.put(NODE, Ring { host: NEW })).await;
    for _ in 0..AUDITS {
        stage.step("audit.take_over", take_over).await;
    }
}
