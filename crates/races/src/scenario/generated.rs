//! Races that nobody thought of: every combination of the operations, each in a scene in which they mean something.
//!
//! A race is named after what it is made of, `boot+evacuate` or `boot+evacuate/answer-lost`, so a name is all that it
//! takes to have it again, and to drop a part of it.

use crate::cast::{Cast, Crash};
use crate::fault::Fault;
use crate::listed::listed;
use crate::scene::{Scene, host};
use crate::stage::Race;

listed! {
    /// What can be asked of the shipped code, and what hosts and agents do by themselves.
    pub enum Op {
        Boot,
        Delete,
        Stop,
        Start,
        Evacuate,
        /// A host dies and a person says so: the assertion is true.
        ForceDown,
        UnforceDown,
        /// The intent, the power-off and the receipt of a fencing driver.
        Fence,
        Disable,
        Enable,
        RemoveHost,
        ReadmitHost,
        /// A person calls a dirty device clean.
        AssertClean,
        /// An agent at work reports once more.
        Report,
        /// An agent's process dies, and a new life registers.
        AgentRestart,
        HostReturn,
        Sweep,
    }
}

impl Op {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Op::Boot => "boot",
            Op::Delete => "delete",
            Op::Stop => "stop",
            Op::Start => "start",
            Op::Evacuate => "evacuate",
            Op::ForceDown => "force_down",
            Op::UnforceDown => "unforce_down",
            Op::Fence => "fence",
            Op::Disable => "disable",
            Op::Enable => "enable",
            Op::RemoveHost => "remove_host",
            Op::ReadmitHost => "readmit_host",
            Op::AssertClean => "assert_clean",
            Op::Report => "report",
            Op::AgentRestart => "agent_restart",
            Op::HostReturn => "host_return",
            Op::Sweep => "sweep",
        }
    }

    /// The operation of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Op> {
        Op::ALL.into_iter().find(|op| op.name() == name)
    }

    /// Whether two of it at once are another race than one. A host returns once, and an agent that reports twice is the
    /// same agent.
    pub(super) fn repeats(self) -> bool {
        !matches!(self, Op::Report | Op::HostReturn)
    }

    /// Whether it ends only with an agent's word, is an agent's own, or takes an agent's word away.
    fn needs_agent(self) -> bool {
        match self {
            Op::Boot
            | Op::Delete
            | Op::Stop
            | Op::Start
            | Op::Evacuate
            | Op::AssertClean
            | Op::Report
            | Op::AgentRestart => true,
            Op::ForceDown
            | Op::UnforceDown
            | Op::Fence
            | Op::Disable
            | Op::Enable
            | Op::RemoveHost
            | Op::ReadmitHost
            | Op::HostReturn
            | Op::Sweep => false,
        }
    }
}

/// Host 1 as the race finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Lives,
    /// It died, and a person said so.
    Down,
    Removed,
}

/// The scene of a combination: two hosts with two devices each, and one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    first: First,
    /// The instance was evacuated to host 2, and host 1 owed its device.
    moved: bool,
    /// Host 2 died as well, with the instance.
    second_down: bool,
    stopped: bool,
    /// No agent has heard of the instance, and whoever booted it has died.
    unfinished: bool,
    disabled: bool,
    /// Where new claims go the second device is one that is sanitised between two grants, and dirty. What a deleted
    /// instance leaves is the written races' to show: with it these have half again as many states.
    dirty: bool,
}

impl Setting {
    /// The scene in which these operations mean something: an evacuation needs a dead host with an instance, a removal
    /// a dead host without one, a start a stopped instance, a sweep something unfinished, a person's word a dirty
    /// device.
    fn of(ops: &[Op]) -> Setting {
        let has = |op| ops.contains(&op);
        let first = if has(Op::ReadmitHost) && !has(Op::RemoveHost) {
            First::Removed
        } else if [Op::Evacuate, Op::UnforceDown, Op::RemoveHost, Op::HostReturn].into_iter().any(has) {
            First::Down
        } else {
            First::Lives
        };
        let emptied = has(Op::RemoveHost) && !has(Op::Evacuate) && !has(Op::Delete);
        Setting {
            first,
            moved: first == First::Removed || emptied,
            second_down: first == First::Removed && has(Op::Evacuate),
            stopped: has(Op::Start),
            unfinished: first == First::Lives && has(Op::Sweep) && !has(Op::Start),
            disabled: has(Op::Enable) && !has(Op::Disable),
            dirty: has(Op::AssertClean),
        }
    }

    /// The host where new claims go.
    fn near(self) -> u8 {
        if self.first == First::Lives || self.second_down { 1 } else { 2 }
    }

    /// The host whose agent lives.
    fn living(self) -> Option<u8> {
        (!self.second_down).then_some(self.near())
    }

    fn scene(self) -> Scene {
        // The dirty device is the second of its host.
        let dirty = self.living().filter(|_| self.dirty);
        let scene = Scene::with_gpus(&[1, 2].map(|number| if dirty == Some(number) { 1 } else { 2 }));
        let mut scene = if self.unfinished { scene.with_instance_untold() } else { scene.with_instance() };
        if self.stopped {
            scene = scene.stopped();
        }
        if self.first != First::Lives {
            scene = scene.host1_down();
        }
        if self.moved {
            scene = scene.then(|cast| {
                cast.agent(2);
                cast.evacuate();
            });
        }
        if self.first == First::Removed {
            scene = scene.then(|cast| cast.remove_host(1));
        }
        if self.second_down {
            scene = scene.host_down(2);
        }
        if let Some(near) = dirty {
            scene = scene.with_dirty_gpu(near);
        }
        if self.disabled {
            let near = self.near();
            scene = scene.then(move |cast| cast.disable(near, Some("")));
        }
        scene
    }
}

/// How often an agent that was refused or heard nothing asks again, beyond what faults earn. A registration that
/// another one overtook takes one; a removed host tries as often as it may.
const RETRIES: u32 = 2;

pub(crate) fn scene(ops: &[Op], faults: &[Fault]) -> Scene {
    let setting = Setting::of(ops);
    let mut scene = setting.scene().timer("agent.retry", RETRIES);
    if ops.contains(&Op::Report) {
        scene.site.earn(&host(setting.near()), "agent.tick", 1);
    }
    faults.iter().fold(scene, |scene, fault| scene.fault(*fault))
}

pub(crate) fn start(ops: &[Op], absent: &[Op], faults: &[Fault], cast: &Cast) {
    let setting = Setting::of(ops);
    let living = setting.living().filter(|_| ops.iter().any(|op| op.needs_agent()));
    if let Some(living) = living {
        cast.living_agent(living);
    }
    let mut absent = absent.to_vec();
    let mut begun = ops.to_vec();
    begun.retain(|op| match absent.iter().position(|one| one == op) {
        Some(at) => {
            absent.remove(at);
            false
        }
        None => true,
    });
    let crashes: Vec<Crash> = faults.iter().copied().filter_map(crash).collect();
    let returns = begun.contains(&Op::HostReturn).then_some(1);
    let returning = returns.filter(|_| !crashes.is_empty());
    for op in begun {
        if op != Op::HostReturn || returning.is_none() {
            begin(op, setting, cast);
        }
    }
    if !crashes.is_empty() {
        cast.crashes(crashes, living, returning);
    }
    let with_agents: Vec<u8> = living.into_iter().chain(returns).collect();
    faults.iter().for_each(|fault| befall(*fault, &with_agents, cast));
}

/// What dies with this fault, if it is a crash of something on a host.
fn crash(fault: Fault) -> Option<Crash> {
    let crashes = [(Fault::AgentCrash, Crash::Agent), (Fault::HostCrash, Crash::Host)];
    crashes.into_iter().find_map(|(crashes, what)| (crashes == fault).then_some(what))
}

fn begin(op: Op, setting: Setting, cast: &Cast) {
    let near = setting.near();
    match op {
        Op::Boot => cast.boot((setting.first == First::Lives).then_some(1)),
        Op::Delete => cast.delete(),
        Op::Stop => cast.stop(),
        Op::Start => cast.start(),
        Op::Evacuate => cast.evacuate(),
        Op::ForceDown => cast.dies_and_is_asserted_down(1),
        Op::UnforceDown => cast.unforce_down(1),
        Op::Fence => cast.fence(1),
        Op::Disable => cast.disable(near, Some("")),
        Op::Enable => cast.disable(near, None),
        Op::RemoveHost => cast.remove_host(1),
        Op::ReadmitHost => cast.readmit_host(1),
        Op::AssertClean => cast.assert_clean(),
        // The scene lets the living agent's tick go off once.
        Op::Report => {}
        Op::AgentRestart => cast.agent_restarts(near),
        Op::HostReturn => cast.host_returns(1),
        Op::Sweep => cast.sweep(),
    }
}

/// Starts what makes a fault happen, where it is not a message's or an order's own, and no crash on a host: `hosts`
/// have an agent, or come to have one. A crash is a task that comes once: it needs no other budget.
fn befall(fault: Fault, hosts: &[u8], cast: &Cast) {
    match fault {
        Fault::ControlCrash => cast.control_dies(),
        Fault::Partition => cast.partition(hosts),
        Fault::AgentCrash
        | Fault::HostCrash
        | Fault::MessageLost
        | Fault::AnswerLost
        | Fault::MessageRepeated
        | Fault::AnswerDelayed
        | Fault::LateList
        | Fault::OrderFails
        | Fault::OrderAnswerLost
        | Fault::TimerEarly
        | Fault::ClockJumps => {}
    }
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    all.iter().map(|one| name(*one)).collect::<Vec<_>>().join("+")
}

/// The name of a combination, and what it is about.
pub(crate) fn titles(ops: &[Op], faults: &[Fault]) -> (String, String) {
    let mut name = names(ops, Op::name);
    let mut about = format!("{} at once", name.replace('+', ", "));
    if !faults.is_empty() {
        let wrong = names(faults, Fault::name);
        about = format!("{about}; {} may go wrong", wrong.replace('+', ", "));
        name = format!("{name}/{wrong}");
    }
    (name, about)
}

/// The race of these operations and faults, whatever their order.
#[must_use]
pub fn of(mut ops: Vec<Op>, mut faults: Vec<Fault>) -> Race {
    ops.sort();
    faults.sort();
    Race::of(ops, faults)
}

/// The race that is made of what its name names.
#[must_use]
pub fn named(name: &str) -> Option<Race> {
    let (ops, faults) = name.split_once('/').map_or((name, None), |(ops, faults)| (ops, Some(faults)));
    let ops: Option<Vec<Op>> = ops.split('+').map(Op::named).collect();
    let faults: Option<Vec<Fault>> = faults.iter().flat_map(|all| all.split('+')).map(Fault::named).collect();
    Some(of(ops?, faults?))
}

/// Every two operations, and each beside itself.
#[must_use]
pub fn pairs() -> Vec<Race> {
    combined(2).into_iter().map(|ops| of(ops, Vec::new())).collect()
}

/// Every three operations, and each pair with one of the two beside itself.
#[must_use]
pub fn triples() -> Vec<Race> {
    combined(3).into_iter().map(|ops| of(ops, Vec::new())).collect()
}

/// The same races, and something may go wrong. Races that it cannot touch are left out.
#[must_use]
pub fn with_fault(races: &[Race], fault: Fault) -> Vec<Race> {
    let touched = races.iter().filter(|race| touches(fault, race.operations()));
    touched.map(|race| of(race.operations().to_vec(), vec![fault])).collect()
}

pub(super) fn touches(fault: Fault, ops: &[Op]) -> bool {
    let agent = Setting::of(ops).living().is_some() && ops.iter().any(|op| op.needs_agent());
    match fault {
        Fault::ControlCrash | Fault::ClockJumps => true,
        Fault::AgentCrash
        | Fault::HostCrash
        | Fault::MessageLost
        | Fault::AnswerLost
        | Fault::MessageRepeated
        | Fault::AnswerDelayed
        | Fault::LateList
        | Fault::OrderFails
        | Fault::OrderAnswerLost
        | Fault::TimerEarly
        | Fault::Partition => agent || ops.contains(&Op::HostReturn),
    }
}

/// Every way to take so many operations, in the order in which they are listed.
fn combined(count: usize) -> Vec<Vec<Op>> {
    let Some(fewer) = count.checked_sub(1) else { return vec![Vec::new()] };
    let longer = |ops: Vec<Op>| {
        let last = ops.last().copied();
        let next = Op::ALL.into_iter().filter(move |op| match last {
            Some(last) => *op > last || (*op == last && op.repeats()),
            None => true,
        });
        next.map(move |op| ops.iter().copied().chain([op]).collect::<Vec<_>>())
    };
    combined(fewer).into_iter().flat_map(longer).collect()
}
