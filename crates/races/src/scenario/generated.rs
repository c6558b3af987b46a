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
        /// A cold migration. A resize is one to another size, which the written races are about.
        Migrate,
        Confirm,
        Revert,
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
            Op::Migrate => "migrate",
            Op::Confirm => "confirm",
            Op::Revert => "revert",
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
            | Op::Migrate
            | Op::Confirm
            | Op::Revert
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

/// At which end of a move an agent lives. Two agents have too many states for more than two things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Both,
    /// Where the instance goes, which is stopped, or where it went.
    Dest,
}

impl Ends {
    fn of(ops: &[Op], faults: &[Fault]) -> Ends {
        if ops.len() + faults.len() > 2 { Ends::Dest } else { Ends::Both }
    }
}

/// The scene of a combination: two hosts with two devices each, and one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    first: First,
    /// The instance was evacuated to host 2, and host 1 owed its device.
    evacuated: bool,
    /// The instance was moved to host 2, and nobody has confirmed that.
    moved: Option<Ends>,
    /// It may move from host 1 to host 2 during the race, and these ends of the way have an agent.
    moves: Option<Ends>,
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
    /// The scene in which these operations mean something: an evacuation needs a dead host with an instance, a removal a
    /// dead host without one, a confirmation and a revert an instance that was moved, a start a stopped instance, a sweep
    /// something unfinished, a person's word a dirty device.
    fn of(ops: &[Op], faults: &[Fault]) -> Setting {
        let has = |op| ops.contains(&op);
        let first = if has(Op::ReadmitHost) && !has(Op::RemoveHost) {
            First::Removed
        } else if [Op::Evacuate, Op::UnforceDown, Op::RemoveHost, Op::HostReturn].into_iter().any(has) {
            First::Down
        } else {
            First::Lives
        };
        let settles = has(Op::Confirm) || has(Op::Revert);
        let emptied = has(Op::RemoveHost) && !has(Op::Evacuate) && !has(Op::Delete) && !settles;
        let evacuated = first == First::Removed || emptied;
        let ends = Ends::of(ops, faults);
        let moves = has(Op::Migrate).then_some(ends);
        let stopped = has(Op::Start) || moves == Some(Ends::Dest);
        let moved = Some(ends).filter(|_| settles && moves.is_none() && !evacuated);
        Setting {
            first,
            evacuated,
            moved,
            moves,
            second_down: first == First::Removed && has(Op::Evacuate),
            stopped,
            unfinished: first == First::Lives && has(Op::Sweep) && !stopped && moved.is_none(),
            disabled: has(Op::Enable) && !has(Op::Disable),
            dirty: has(Op::AssertClean),
        }
    }

    /// The host that has the instance, or where new claims go if that one has no agent.
    fn near(self) -> u8 {
        let stays = self.first == First::Lives && self.moved.is_none() && self.moves != Some(Ends::Dest);
        if stays || self.second_down { 1 } else { 2 }
    }

    /// The host where new claims go.
    fn target(self) -> u8 {
        if self.first == First::Lives && self.moves.is_some() { 2 } else { self.near() }
    }

    /// The hosts whose agents live.
    fn living(self) -> Vec<u8> {
        if self.first == First::Lives && self.moves.or(self.moved) == Some(Ends::Both) {
            return vec![1, 2];
        }
        let near = (!self.second_down).then_some(self.near());
        near.into_iter().collect()
    }

    fn scene(self) -> Scene {
        // The dirty device is the second of its host.
        let dirty = Some(self.target()).filter(|_| self.dirty && !self.second_down);
        let scene = Scene::with_gpus(&[1, 2].map(|number| if dirty == Some(number) { 1 } else { 2 }));
        let mut scene = if self.unfinished { scene.with_instance_untold() } else { scene.with_instance() };
        if self.stopped {
            scene = scene.stopped();
        }
        if self.moved.is_some() {
            scene = scene.moved();
        }
        if self.first != First::Lives {
            scene = scene.host1_down();
        }
        if self.evacuated {
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
        if let Some(target) = dirty {
            scene = scene.with_dirty_gpu(target);
        }
        if self.disabled {
            let target = self.target();
            scene = scene.then(move |cast| cast.disable(target, Some("")));
        }
        scene
    }
}

/// How often an agent that was refused or heard nothing asks again, beyond what faults earn. A registration that
/// another one overtook takes one; a removed host tries as often as it may.
const RETRIES: u32 = 2;

pub(crate) fn scene(ops: &[Op], faults: &[Fault]) -> Scene {
    let setting = Setting::of(ops, faults);
    let mut scene = setting.scene().timer("agent.retry", RETRIES);
    if ops.contains(&Op::Report) {
        scene.site.earn(&host(setting.near()), "agent.tick", 1);
    }
    faults.iter().fold(scene, |scene, fault| scene.fault(*fault))
}

pub(crate) fn start(ops: &[Op], absent: &[Op], faults: &[Fault], cast: &Cast) {
    let setting = Setting::of(ops, faults);
    let mut living = setting.living();
    living.retain(|_| ops.iter().any(|op| op.needs_agent()));
    living.iter().for_each(|number| cast.living_agent(*number));
    let mut absent = absent.to_vec();
    let mut begun = ops.to_vec();
    begun.retain(|op| match absent.iter().position(|one| one == op) {
        Some(at) => {
            absent.remove(at);
            false
        }
        None => true,
    });
    let restarts = begun.iter().copied().filter_map(restart);
    let crashes: Vec<Crash> = faults.iter().copied().filter_map(crash).chain(restarts).collect();
    // Where no agent lives that could start anew, one comes and goes all the same.
    let comes = living.is_empty() && begun.contains(&Op::AgentRestart);
    let hit = if comes { vec![setting.near()] } else { living.clone() };
    let returns = begun.contains(&Op::HostReturn).then_some(1);
    let returning = returns.filter(|_| !crashes.is_empty());
    for op in begun {
        let of_crashes = restart(op).is_some() || (op == Op::HostReturn && returning.is_some());
        if !of_crashes {
            begin(op, setting, cast);
        }
    }
    let with_agents: Vec<u8> = living.iter().copied().chain(returns).collect();
    if !crashes.is_empty() {
        cast.crashes(crashes, hit, returning);
    }
    faults.iter().for_each(|fault| befall(*fault, &with_agents, cast));
}

/// What dies with this fault, if it is a crash of something on a host.
fn crash(fault: Fault) -> Option<Crash> {
    let crashes = [(Fault::AgentCrash, Crash::Agent), (Fault::HostCrash, Crash::Host)];
    crashes.into_iter().find_map(|(crashes, what)| (crashes == fault).then_some(what))
}

/// The same of an operation. That an agent starts anew is the same race whether it is asked for or goes wrong.
fn restart(op: Op) -> Option<Crash> {
    (op == Op::AgentRestart).then_some(Crash::Agent)
}

fn begin(op: Op, setting: Setting, cast: &Cast) {
    let (near, target) = (setting.near(), setting.target());
    match op {
        Op::Boot => cast.boot((setting.first == First::Lives).then_some(near)),
        Op::Delete => cast.delete(),
        Op::Stop => cast.stop(),
        Op::Start => cast.start(),
        Op::Evacuate => cast.evacuate(),
        Op::Migrate => cast.migrate(),
        Op::Confirm => cast.confirm(),
        Op::Revert => cast.revert(),
        Op::ForceDown => cast.dies_and_is_asserted_down(1),
        Op::UnforceDown => cast.unforce_down(1),
        Op::Fence => cast.fence(1),
        Op::Disable => cast.disable(target, Some("")),
        Op::Enable => cast.disable(target, None),
        Op::RemoveHost => cast.remove_host(1),
        Op::ReadmitHost => cast.readmit_host(1),
        Op::AssertClean => cast.assert_clean(),
        // The scene lets the living agent's tick go off once, and a crash is of the task that has them all.
        Op::Report | Op::AgentRestart => {}
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

/// Every operation alone.
#[must_use]
pub fn singles() -> Vec<Race> {
    combined(1).into_iter().map(|ops| of(ops, Vec::new())).collect()
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

/// The race without a fault that this one is, if it is one: an agent that dies and starts anew is an operation as well.
#[must_use]
pub fn twin(race: &Race) -> Option<Race> {
    let (ops, faults) = (race.operations(), race.faults());
    let with: Vec<Op> = ops.iter().copied().chain([Op::AgentRestart]).collect();
    let same = faults == [Fault::AgentCrash]
        && ops.iter().any(|op| op.needs_agent())
        && Setting::of(ops, faults) == Setting::of(&with, &[]);
    same.then(|| of(with, Vec::new()))
}

/// The same races, and something may go wrong. Races that it cannot touch are left out.
#[must_use]
pub fn with_fault(races: &[Race], fault: Fault) -> Vec<Race> {
    let touched = races.iter().filter(|race| touches(fault, race.operations()));
    touched.map(|race| of(race.operations().to_vec(), vec![fault])).collect()
}

pub(super) fn touches(fault: Fault, ops: &[Op]) -> bool {
    let agent = !Setting::of(ops, &[fault]).living().is_empty() && ops.iter().any(|op| op.needs_agent());
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
