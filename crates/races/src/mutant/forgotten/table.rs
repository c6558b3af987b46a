//! What is forgotten, and where.

use steadfast_model::claim::{Claim, Role};
use steadfast_model::pci::Device;
use steadfast_operations::seam::Table;

use super::{Forgotten, Loss};
use crate::scenario::generated::Op;

/// Each line: the step, what it forgets, in words, which operations show it, and how it is forgotten: a field keeps
/// what it was, rows of a table are not written, or something else.
macro_rules! forgotten {
    ($($step:literal $what:literal: $about:literal, [$($op:ident),+], $how:ident $loss:tt;)*) => {
        &[$(Forgotten {
            name: concat!($step, " ", $what),
            about: $about,
            ops: &[$(Op::$op),+],
            step: $step,
            what: loss!($how $loss),
        }),*]
    };
}

macro_rules! loss {
    (keeps ($row:ident.$field:ident)) => {
        Loss::$row(|old, new| {
            if let Some(old) = old {
                new.$field.clone_from(&old.$field);
            }
        })
    };
    (drops ($table:ident)) => {
        Loss::Rows(Table::$table)
    };
    (does ($loss:expr)) => {
        $loss
    };
}

/// What operations on instances forget.
pub(super) const OF_OPERATIONS: &[Forgotten] = forgotten! {
    "boot.claim" "list_gen": "`list_gen` is not raised",
        [Boot], keeps (Host.list_gen);
    "evacuate.claim" "list_gen": "`list_gen` is not raised",
        [Evacuate], keeps (Host.list_gen);
    "evacuate.request" "list_gen": "`list_gen` is not raised",
        [Evacuate], keeps (Host.list_gen);
    "evacuate.hand_over" "list_gen": "`list_gen` is not raised",
        [Evacuate], keeps (Host.list_gen);
    "evacuate.abort" "list_gen": "`list_gen` is not raised",
        [Evacuate], keeps (Host.list_gen);
    "roll_back.end" "list_gen": "`list_gen` is not raised",
        [Evacuate], keeps (Host.list_gen);
    "stop.request" "list_gen": "`list_gen` is not raised",
        [Stop], keeps (Host.list_gen);
    "start.request" "list_gen": "`list_gen` is not raised",
        [Start], keeps (Host.list_gen);
    "delete" "list_gen": "`list_gen` is not raised",
        [Delete], keeps (Host.list_gen);
    "boot.fail" "list_gen": "`list_gen` is not raised",
        [Boot], keeps (Host.list_gen);
    "evacuate.request" "order": "the claim's order is not raised",
        [Evacuate], keeps (Claim.order);
    "evacuate.hand_over" "order": "the claim's order is not raised",
        [Evacuate], keeps (Claim.order);
    "evacuate.abort" "order": "the claim's order is not raised",
        [Evacuate], keeps (Claim.order);
    "roll_back.end" "order": "the claim's order is not raised",
        [Evacuate], keeps (Claim.order);
    "stop.request" "order": "the claim's order is not raised",
        [Stop], keeps (Claim.order);
    "start.request" "order": "the claim's order is not raised",
        [Start], keeps (Claim.order);
    "delete" "order": "the claim's order is not raised",
        [Delete], keeps (Claim.order);
    "evacuate.hand_over" "said": "the claim's answer is not cleared",
        [Evacuate], keeps (Claim.said);
    "roll_back.end" "said": "the claim's answer is not cleared",
        [Evacuate], keeps (Claim.said);
    "stop.request" "said": "the claim's answer is not cleared",
        [Stop], keeps (Claim.said);
    "start.request" "said": "the claim's answer is not cleared",
        [Start], keeps (Claim.said);
    "delete" "said": "the claim's answer is not cleared",
        [Delete], keeps (Claim.said);
    "stop.request" "run": "the claim's permission stays as it was",
        [Stop], keeps (Claim.run);
    "start.request" "run": "the claim's permission stays as it was",
        [Start], keeps (Claim.run);
    "roll_back.end" "run": "the claim's permission stays as it was",
        [Evacuate], keeps (Claim.run);
    "start.request" "hot": "a claim that may run is not hot",
        [Start], keeps (Claim.hot);
    "boot.claim" "hot": "a claim that may run is not hot",
        [Boot], does (Loss::Claim(|_, new| new.hot = false));
    "evacuate.claim" "hot": "a claim that may run is not hot",
        [Evacuate], does (Loss::Claim(|_, new| new.hot = false));
    "delete" "role": "the claims of a deleted instance stay",
        [Delete], drops (Claim);
    "boot.fail" "role": "the claim of a failed boot stays",
        [Boot], drops (Claim);
    "evacuate.abort" "role": "the destination of a failed evacuation stays",
        [Evacuate], drops (Claim);
    "evacuate.hand_over" "source": "the source stays a home",
        [Evacuate], does (Loss::Claim(leaving_stays));
    "boot.claim" "device owner": "a device is not granted to its claim",
        [Boot], keeps (Device.owner);
    "evacuate.claim" "device owner": "a device is not granted to its claim",
        [Evacuate], keeps (Device.owner);
    "report" "device release": "a device keeps its owner when its claim ends",
        [Delete], keeps (Device.owner);
    "delete" "device release": "a device keeps its owner when its claim ends",
        [Delete], keeps (Device.owner);
    "evacuate.abort" "device release": "a device keeps its owner when its claim ends",
        [Evacuate, ForceDown], keeps (Device.owner);
    "boot.claim" "instance host": "the instance does not say where it is",
        [Boot], keeps (Instance.host);
    "evacuate.hand_over" "instance host": "the instance does not say where it is",
        [Evacuate], keeps (Instance.host);
    "evacuate.claim" "migration status": "the migration's status stays",
        [Evacuate], keeps (Migration.status);
    "evacuate.hand_over" "migration status": "the migration's status stays",
        [Evacuate], keeps (Migration.status);
    "evacuate.abort" "migration status": "the migration's status stays",
        [Evacuate], keeps (Migration.status);
    "evacuate.no_host" "migration status": "the migration's status stays",
        [Evacuate], keeps (Migration.status);
    "delete" "migration status": "the migration's status stays",
        [Delete, Evacuate], keeps (Migration.status);
    "boot.end" "action end": "the action goes on",
        [Boot], keeps (Action.ended);
    "boot.fail" "action end": "the action goes on",
        [Boot], keeps (Action.ended);
    "boot.no_host" "action end": "the action goes on",
        [Boot], keeps (Action.ended);
    "stop.end" "action end": "the action goes on",
        [Stop], keeps (Action.ended);
    "stop.fail" "action end": "the action goes on",
        [Stop], keeps (Action.ended);
    "start.end" "action end": "the action goes on",
        [Start], keeps (Action.ended);
    "start.fail" "action end": "the action goes on",
        [Start], keeps (Action.ended);
    "evacuate.hand_over" "action end": "the action goes on",
        [Evacuate], keeps (Action.ended);
    "evacuate.abort" "action end": "the action goes on",
        [Evacuate], keeps (Action.ended);
    "evacuate.no_host" "action end": "the action goes on",
        [Evacuate], keeps (Action.ended);
    "delete" "action end": "the action goes on",
        [Delete, Boot, Evacuate], does (Loss::Action(|old, new| if old.is_some() { new.ended = None; }));
    "boot.end" "operation": "the operation is not over",
        [Boot], keeps (Instance.operation);
    "stop.end" "operation": "the operation is not over",
        [Stop], keeps (Instance.operation);
    "start.end" "operation": "the operation is not over",
        [Start], keeps (Instance.operation);
    "stop.fail" "operation": "the operation is not over",
        [Stop], keeps (Instance.operation);
    "evacuate.hand_over" "operation": "the operation is not over",
        [Evacuate], keeps (Instance.operation);
    "roll_back.end" "operation": "the operation is not over",
        [Evacuate], keeps (Instance.operation);
    "delete" "operation": "the operation is not over",
        [Delete, Boot, Evacuate], keeps (Instance.operation);
    "delete" "attempt": "the attempt is not raised",
        [Delete, Boot, Evacuate], keeps (Instance.attempt);
    "evacuate.request" "attempt": "the attempt is not raised",
        [Evacuate], keeps (Instance.attempt);
    "stop.request" "attempt": "the attempt is not raised",
        [Stop], keeps (Instance.attempt);
    "start.request" "attempt": "the attempt is not raised",
        [Start], keeps (Instance.attempt);
    "stop.request" "power": "what is wanted of the instance stays",
        [Stop], keeps (Instance.power);
    "start.request" "power": "what is wanted of the instance stays",
        [Start], keeps (Instance.power);
    "evacuate.request" "power": "what is wanted of the instance stays",
        [Evacuate], keeps (Instance.power);
    "evacuate.abort" "power": "what was wanted before the move is forgotten",
        [Evacuate], keeps (Instance.power);
    "boot" "goes on": "nobody goes on after a boot was recorded",
        [Boot], does (Loss::GoingOn);
    "evacuate" "goes on": "nobody goes on after an evacuation was asked for",
        [Evacuate], does (Loss::GoingOn);
    "stop" "goes on": "nobody goes on after a stop was asked for",
        [Stop, ForceDown], does (Loss::GoingOn);
    "start" "goes on": "nobody goes on after a start was asked for",
        [Start, ForceDown], does (Loss::GoingOn);
    "boot.claim" "feed entry": "agents are not woken to it",
        [Boot], does (Loss::Wake);
    "evacuate.claim" "feed entry": "agents are not woken to it",
        [Evacuate], does (Loss::Wake);
    "evacuate.hand_over" "feed entry": "agents are not woken to it",
        [Evacuate, HostReturn], does (Loss::Wake);
    "roll_back.end" "feed entry": "agents are not woken to it",
        [Evacuate, HostReturn], does (Loss::Wake);
    "stop.request" "feed entry": "agents are not woken to it",
        [Stop], does (Loss::Wake);
    "start.request" "feed entry": "agents are not woken to it",
        [Start], does (Loss::Wake);
    "delete" "feed entry": "agents are not woken to it",
        [Delete], does (Loss::Wake);
};

/// What moves forget, and what confirms or reverts them.
pub(super) const OF_MOVES: &[Forgotten] = forgotten! {
    "migrate.request" "list_gen": "`list_gen` is not raised",
        [Migrate], keeps (Host.list_gen);
    "migrate.claim" "list_gen": "`list_gen` is not raised",
        [Migrate], keeps (Host.list_gen);
    "migrate.go_on" "list_gen": "`list_gen` is not raised",
        [Migrate], keeps (Host.list_gen);
    "migrate.abort" "list_gen": "`list_gen` is not raised",
        [Migrate], keeps (Host.list_gen);
    "confirm" "list_gen": "`list_gen` is not raised",
        [Confirm], keeps (Host.list_gen);
    "revert.request" "list_gen": "`list_gen` is not raised",
        [Revert], keeps (Host.list_gen);
    "revert.hand_over" "list_gen": "`list_gen` is not raised",
        [Revert], keeps (Host.list_gen);
    "revert.abort" "list_gen": "`list_gen` is not raised",
        [Revert], keeps (Host.list_gen);
    "migrate.request" "order": "the claim's order is not raised",
        [Migrate], keeps (Claim.order);
    "migrate.request" "said": "the claim's answer is not cleared",
        [Migrate], keeps (Claim.said);
    "migrate.go_on" "order": "the claim's order is not raised",
        [Migrate], keeps (Claim.order);
    "migrate.go_on" "said": "the claim's answer is not cleared",
        [Migrate], keeps (Claim.said);
    "migrate.go_on" "hot": "a claim that may run is not hot",
        [Migrate], keeps (Claim.hot);
    "migrate.claim" "waiting": "the destination may run at once",
        [Migrate], does (Loss::Claim(runs));
    "migrate.claim" "device owner": "a device is not granted to its claim",
        [Migrate], keeps (Device.owner);
    "migrate.hand_over" "source": "the source stays a home",
        [Migrate], does (Loss::Claim(held_stays));
    "migrate.hand_over" "instance host": "the instance does not say where it is",
        [Migrate], keeps (Instance.host);
    "migrate.hand_over" "devices": "the instance has the devices of the size before",
        [Migrate], keeps (Instance.devices);
    "migrate.hand_over" "migration status": "the migration's status stays",
        [Migrate], keeps (Migration.status);
    "migrate.hand_over" "action end": "the action goes on",
        [Migrate], keeps (Action.ended);
    "migrate.hand_over" "operation": "the operation is not over",
        [Migrate], keeps (Instance.operation);
    "migrate.abort" "role": "the destination of a failed move stays",
        [Migrate], drops (Claim);
    "migrate.abort" "migration status": "the migration's status stays",
        [Migrate], keeps (Migration.status);
    "migrate.abort" "action end": "the action goes on",
        [Migrate], keeps (Action.ended);
    "migrate.no_host" "migration status": "the migration's status stays",
        [Migrate], keeps (Migration.status);
    "migrate.no_host" "action end": "the action goes on",
        [Migrate], keeps (Action.ended);
    "roll_back.end" "late stop": "an instance that was stopped late stays active",
        [Migrate], keeps (Instance.vm_state);
    "migrate.request" "attempt": "the attempt is not raised",
        [Migrate], keeps (Instance.attempt);
    "confirm" "role": "what was kept stays",
        [Confirm], drops (Claim);
    "confirm" "state": "the instance stays as the move left it",
        [Confirm], keeps (Instance.vm_state);
    "confirm" "migration status": "the migration's status stays",
        [Confirm], keeps (Migration.status);
    "confirm" "attempt": "the attempt is not raised",
        [Confirm], keeps (Instance.attempt);
    "revert.request" "run": "the claim's permission stays as it was",
        [Revert], keeps (Claim.run);
    "revert.request" "order": "the claim's order is not raised",
        [Revert], keeps (Claim.order);
    "revert.request" "migration status": "the migration's status stays",
        [Revert], keeps (Migration.status);
    "revert.request" "attempt": "the attempt is not raised",
        [Revert], keeps (Instance.attempt);
    "revert.hand_over" "role": "the homes stay as they were",
        [Revert], drops (Claim);
    "revert.hand_over" "hot": "a claim that may run is not hot",
        [Revert], keeps (Claim.hot);
    "revert.hand_over" "instance host": "the instance does not say where it is",
        [Revert], keeps (Instance.host);
    "revert.hand_over" "devices": "the instance has the devices of the size after",
        [Revert], keeps (Instance.devices);
    "revert.hand_over" "migration status": "the migration's status stays",
        [Revert], keeps (Migration.status);
    "revert.hand_over" "start": "nobody waits until it runs again",
        [Revert], does (Loss::Instance(|_, new| new.operation = None));
    "revert.abort" "run": "the claim's permission stays as it was",
        [Revert, ForceDown], keeps (Claim.run);
    "revert.abort" "migration status": "the migration's status stays",
        [Revert, ForceDown], keeps (Migration.status);
    "revert.abort" "action end": "the action goes on",
        [Revert, ForceDown], keeps (Action.ended);
    "migrate" "goes on": "nobody goes on after a move was asked for",
        [Migrate], does (Loss::GoingOn);
    "revert" "goes on": "nobody goes on after a revert was asked for",
        [Revert], does (Loss::GoingOn);
    "migrate.request" "feed entry": "agents are not woken to it",
        [Migrate], does (Loss::Wake);
    "migrate.go_on" "feed entry": "agents are not woken to it",
        [Migrate], does (Loss::Wake);
    "confirm" "feed entry": "agents are not woken to it",
        [Confirm], does (Loss::Wake);
    "revert.request" "feed entry": "agents are not woken to it",
        [Revert], does (Loss::Wake);
    "revert.hand_over" "feed entry": "agents are not woken to it",
        [Revert], does (Loss::Wake);
};

/// What hosts, their agents and their operators forget.
pub(super) const OF_HOSTS: &[Forgotten] = forgotten! {
    "report" "goes on": "nobody goes on after a report",
        [Boot, Evacuate, Stop, Start], does (Loss::GoingOn);
    "fence" "goes on": "nobody goes on after a receipt",
        [Fence, Stop, Start, Boot], does (Loss::GoingOn);
    "force_down" "goes on": "nobody goes on after an assertion",
        [ForceDown, Stop, Start, Boot], does (Loss::GoingOn);
    "list" "told": "a claim does not count as told",
        [Delete, Boot], keeps (Claim.told);
    "register" "hot": "a permission is not live again",
        [HostReturn, AgentRestart], keeps (Claim.hot);
    "register" "said": "answers of the life before still count",
        [AgentRestart, HostReturn, Boot], keeps (Claim.said);
    "register" "list_gen": "`list_gen` is not raised",
        [AgentRestart, HostReturn], keeps (Host.list_gen);
    "register" "epoch": "a registration opens no epoch",
        [AgentRestart, HostReturn], keeps (Host.epoch);
    "register" "fence intent": "a fencing that was overtaken may still be finished",
        [Fence, HostReturn], keeps (Host.fence_intent);
    "register" "census number": "the number of the last census stays",
        [AgentRestart, HostReturn, ReadmitHost], keeps (Host.inventory_seq);
    "register" "boot": "the machine's boot is not noted",
        [HostReturn, AgentRestart], keeps (Host.boot_id);
    "register" "never dead": "nobody notes that a host was never dead",
        [AgentRestart, ForceDown], drops (Discrepancy);
    "report" "hot": "a claim that is off stays hot",
        [Stop, Evacuate], keeps (Claim.hot);
    "report" "said": "an answer is not written down",
        [Boot, Stop], keeps (Claim.said);
    "report" "census number": "the number of the census is not written down",
        [Report, AgentRestart], keeps (Host.inventory_seq);
    "report" "quarantine": "a quarantine is never lifted",
        [ReadmitHost, HostReturn], keeps (Host.quarantined);
    "report" "foreign hands": "it is not noted that a guest nobody knows holds a device",
        [Report, ReadmitHost, HostReturn], keeps (Device.foreign);
    "report" "missing device": "it is not noted on a device that the host does not list it",
        [Report, Delete], keeps (Device.present);
    "report" "second release": "of two devices one keeps its owner when their claim ends",
        [Delete], does (Loss::Device(second_stays));
    "report" "unknown guest": "a guest that nobody knows is not noted",
        [Report, ReadmitHost, HostReturn], drops (Discrepancy);
    "report" "list_gen": "`list_gen` is not raised for a dirty device",
        [AssertClean], keeps (Host.list_gen);
    "report" "clean": "a device that was sanitised stays dirty",
        [AssertClean], keeps (Device.dirt);
    "report" "stuck": "it is not noted why a device cannot be sanitised",
        [AssertClean], keeps (Device.stuck);
    "assert_clean" "clean": "a device that a person calls clean stays dirty",
        [AssertClean], keeps (Device.dirt);
    "report" "claim end": "a claim whose guest is gone stays",
        [Delete], drops (Claim);
    "fence.intent" "epoch": "a fencing opens no epoch",
        [Fence, HostReturn], keeps (Host.epoch);
    "fence.intent" "registered": "the life is not shut out",
        [Fence, Stop], keeps (Host.registered);
    "fence.intent" "said": "answers of the life before still count",
        [Fence, Evacuate, Boot], keeps (Claim.said);
    "fence.intent" "list_gen": "`list_gen` is not raised",
        [Fence], keeps (Host.list_gen);
    "fence.receipt" "receipt": "the receipt is not written",
        [Fence, Stop], keeps (Host.receipt);
    "fence.receipt" "hot": "claims of a host that is off stay hot",
        [Fence, Evacuate], keeps (Claim.hot);
    "fence.receipt" "intent": "the fencing may be finished again",
        [Fence], keeps (Host.fence_intent);
    "force_down" "receipt": "the assertion is not written",
        [ForceDown, Stop], keeps (Host.receipt);
    "force_down" "registered": "the life is not shut out",
        [ForceDown, Stop], keeps (Host.registered);
    "force_down" "epoch": "an assertion opens no epoch",
        [ForceDown, HostReturn], keeps (Host.epoch);
    "force_down" "said": "answers of the life before still count",
        [ForceDown, Evacuate, Boot], keeps (Claim.said);
    "force_down" "hot": "claims of a host that is down stay hot",
        [ForceDown, Evacuate], keeps (Claim.hot);
    "force_down" "list_gen": "`list_gen` is not raised",
        [ForceDown], keeps (Host.list_gen);
    "force_down" "boot": "it is not noted which boot is asserted dead",
        [ForceDown], keeps (Host.asserted_dead);
    "unforce_down" "receipt": "the assertion stands",
        [UnforceDown], keeps (Host.receipt);
    "disable" "disabled": "the host takes instances as before",
        [Disable, Enable], keeps (Host.disabled);
    "remove_host" "tombstone": "there is no tombstone",
        [RemoveHost, HostReturn], keeps (Host.removed);
    "remove_host" "epoch": "a removal opens no epoch",
        [RemoveHost, HostReturn, ReadmitHost], keeps (Host.epoch);
    "remove_host" "claims": "the claims stay",
        [RemoveHost, Delete], drops (Claim);
    "remove_host" "devices": "the devices stay",
        [RemoveHost], drops (Device);
    "readmit_host" "quarantine": "a re-admitted host is not in quarantine",
        [ReadmitHost, HostReturn], keeps (Host.quarantined);
};

/// The device in a host's second place stays whose it was.
fn second_stays(old: Option<&Device>, new: &mut Device) {
    if let Some(old) = old.filter(|old| old.seen.address.bus > 1) {
        new.owner = old.owner;
    }
}

/// A claim that would be leaving stays what it was.
fn leaving_stays(old: Option<&Claim>, new: &mut Claim) {
    if let Some(old) = old.filter(|_| new.role == Role::Leaving) {
        new.clone_from(old);
    }
}

/// A claim that would be kept stays what it was.
fn held_stays(old: Option<&Claim>, new: &mut Claim) {
    if let Some(old) = old.filter(|_| new.role == Role::Held) {
        new.clone_from(old);
    }
}

/// A claim that is new may run.
fn runs(old: Option<&Claim>, new: &mut Claim) {
    if old.is_none() {
        (new.run, new.hot) = (true, true);
    }
}
