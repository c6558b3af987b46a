//! The world before a race: hosts that registered, instances that booted, hosts that died.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use steadfast_explore::{Handle, rehearse};
use steadfast_model::cause::Cause;
use steadfast_model::flavor::Flavor;
use steadfast_model::host::Machine;
use steadfast_model::hypervisor::{SeenGuest, Simulated};
use steadfast_model::ids::{HostId, Moment};
use steadfast_model::instance::Size;
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_model::pci::{Address, AliasSpec, DeviceRequest, HexId, Kind, Observed};
use steadfast_operations::Boot;
use steadfast_store::Memory;
use uuid::Uuid;

use crate::cast::{Cast, Known};
use crate::fault::Fault;
use crate::site::{Site, Told};

/// The longest rehearsal. The longest one there is takes about 150 steps.
pub(crate) const SCENE_STEPS_MAX: usize = 2_000;

/// The world before the race.
#[derive(Debug)]
pub struct Scene {
    pub(crate) site: Site,
    /// How many acts it took to set: ids of a later act sort after those of an earlier one.
    pub(crate) acts: u32,
}

impl Scene {
    /// `hosts` hosts with `gpus` GPUs each, registered and reported.
    pub(crate) fn new(hosts: u8, gpus: u8) -> Scene {
        Scene::of(&vec![gpus; hosts.into()], gpu)
    }

    /// The same with GPUs that are sanitised between two grants, and were before the first.
    pub(crate) fn sanitizing(hosts: u8, gpus: u8) -> Scene {
        Scene::of(&vec![gpus; hosts.into()], sanitizable_gpu)
    }

    /// A host for each number, with so many GPUs.
    pub(crate) fn with_gpus(counts: &[u8]) -> Scene {
        Scene::of(counts, gpu)
    }

    fn of(counts: &[u8], gpu: fn(u8) -> Observed) -> Scene {
        let machine = |(number, gpus): (u8, &u8)| {
            let stocks = ResourceClass::ALL.map(|class| Stock::plain(class, 1000, RatioMilli::ONE));
            let boot_id = Uuid::from_u128(u128::from(number) << 8);
            let gpus = (1..=*gpus).map(gpu).collect();
            (host(number), Arc::new(Simulated::new(boot_id, Machine::default(), stocks.to_vec(), gpus)))
        };
        let machines: BTreeMap<_, _> = (1..).zip(counts).map(machine).collect();
        let site = Site {
            store: Memory::new(),
            twin: None,
            told: machines.keys().map(|host| (host.clone(), Told::default())).collect(),
            machines,
            timers: BTreeMap::new(),
            mutant: None,
            unheard: BTreeMap::new(),
            awake: BTreeSet::new(),
            faults: BTreeMap::new(),
            cut: BTreeSet::new(),
            held: BTreeMap::new(),
        };
        let numbers = (1..).zip(counts).map(|(number, _)| number);
        Scene { site, acts: 0 }.then(|cast| numbers.for_each(|number| cast.agent(number)))
    }

    /// Does something more, to its end, before the race begins. Agents that took part go to sleep after it.
    pub(crate) fn then(self, start: impl FnOnce(&Cast)) -> Scene {
        let (act, known, mutant) = (self.acts + 1, Known::of(&self.site), self.site.mutant);
        let start = |site: &Handle<Site>| start(&Cast::new(site, &known, act, mutant));
        let rehearsed = rehearse(self.site, SCENE_STEPS_MAX, start);
        let mut site = rehearsed.expect("a scene comes to rest");
        site.awake.clear();
        site.told.values_mut().for_each(|told| *told = Told::default());
        Scene { site, acts: act }
    }

    /// One host with a physical function and a virtual one of it, both sanitised between two grants.
    pub(crate) fn split() -> Scene {
        Scene::of(&[2], |number| match number {
            1 => Observed { kind: Kind::Pf, ..sanitizable_gpu(1) },
            _ => Observed { kind: Kind::Vf, parent: Some(gpu_at(1)), ..sanitizable_gpu(number) },
        })
    }

    /// One more GPU on a host, which its agent has counted and not sanitised.
    pub(crate) fn with_dirty_gpu(mut self, number: u8) -> Scene {
        self.machine(number, |machine| {
            let next = u8::try_from(machine.devices.len() + 1).expect("few devices");
            machine.devices.push(sanitizable_gpu(next));
        });
        self.then(|cast| cast.looks_once(number))
    }

    /// An instance that runs on host 1.
    pub(crate) fn with_instance(self) -> Scene {
        self.then(|cast| {
            cast.agent(1);
            cast.boot(Some(1));
        })
    }

    /// An instance of two devices that runs on a host.
    pub(crate) fn with_pair(self, number: u8) -> Scene {
        self.then(move |cast| {
            cast.agent(number);
            cast.boot_pair(number);
        })
    }

    /// An instance that claimed on host 1, of which no agent has heard.
    pub(crate) fn with_instance_untold(self) -> Scene {
        self.then(|cast| cast.boot(Some(1)))
    }

    /// The instance on host 1 is stopped.
    pub(crate) fn stopped(self) -> Scene {
        self.then(|cast| {
            cast.agent(1);
            cast.stop();
        })
    }

    /// The instance was moved from host 1 to host 2, and nobody has confirmed that.
    pub(crate) fn moved(self) -> Scene {
        self.then(|cast| {
            cast.agent(1);
            cast.agent(2);
            cast.migrate();
        })
    }

    /// Host 1 dies, and a person says so.
    pub(crate) fn host1_down(self) -> Scene {
        self.host_down(1)
    }

    /// A host dies, and a person says so.
    pub(crate) fn host_down(mut self, number: u8) -> Scene {
        self.machine(number, |machine| machine.reboot(Uuid::from_u128(0xdead_0000 + u128::from(number))));
        self.then(|cast| cast.force_down(number))
    }

    /// A guest that nobody knows holds a device of a host, and its agent has said so.
    pub(crate) fn with_stranger(mut self, number: u8, device: Address) -> Scene {
        self.machine(number, |machine| machine.foreign.push(stranger(device)));
        self.then(|cast| cast.agent(number))
    }

    pub(crate) fn machine(&mut self, number: u8, change: impl FnOnce(&mut Simulated)) {
        change(self.site.machine(&host(number)));
    }

    /// Lets a timer of each agent go off so many times during the race.
    pub(crate) fn timer(mut self, name: &'static str, times: u32) -> Scene {
        for host in self.site.machines.keys() {
            self.site.timers.insert((host.clone(), name), times);
        }
        self
    }

    /// Lets something go wrong once during the race.
    pub(crate) fn fault(mut self, fault: Fault) -> Scene {
        *self.site.faults.entry(fault).or_default() += 1;
        self
    }
}

pub(crate) fn host(number: u8) -> HostId {
    format!("host{number}").parse().expect("a name")
}

thread_local! {
    /// Every run of a race begins with the same causes.
    static CAUSES: RefCell<BTreeMap<&'static str, Cause>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn cause(actor: &'static str) -> Cause {
    let name = "is a name";
    let made = || Cause {
        request: format!("req-{actor}").parse().expect(name),
        actor: actor.parse().expect(name),
        project: "project".parse().expect(name),
    };
    CAUSES.with_borrow_mut(|causes| causes.entry(actor).or_insert_with(made).clone())
}

/// A guest that no agent of ours made, with a device.
pub(crate) fn stranger(device: Address) -> SeenGuest {
    let tag = "somebody".parse().expect("a name");
    SeenGuest { tag, claim: None, running: true, devices: vec![device] }
}

/// Where a host has its GPU of this number.
pub(crate) fn gpu_at(number: u8) -> Address {
    Address { domain: 0, bus: number, slot: 0, function: 0 }
}

fn gpu(number: u8) -> Observed {
    Observed {
        address: gpu_at(number),
        kind: Kind::Pci,
        vendor: HexId(0x10de),
        product: HexId(0x20b0),
        numa_node: None,
        parent: None,
        resource_class: None,
        traits: BTreeSet::new(),
        tags: BTreeMap::new(),
        sanitizer: None,
    }
}

pub(crate) fn sanitizable_gpu(number: u8) -> Observed {
    Observed { sanitizer: Some("reset".parse().expect("a name")), ..gpu(number) }
}

fn flavor() -> Flavor {
    Flavor {
        id: "gpu".parse().expect("a name"),
        name: "gpu".to_owned(),
        vcpus: 1,
        memory_mb: 64,
        root_gb: 1,
        ephemeral_gb: 0,
        swap_mb: 0,
        is_public: true,
        description: None,
        extra_specs: BTreeMap::new(),
        created_at: Moment(0),
    }
}

/// A size of its own with so many devices.
pub(crate) fn sized(devices: u32) -> Size {
    let Boot { flavor, devices, .. } = wish(None, devices, Kind::Pci);
    Size { flavor: Flavor { id: "resized".parse().expect("a name"), ..flavor }, devices }
}

/// An instance of so many devices of a kind, on a host that is named or on any.
pub(crate) fn wish(on: Option<HostId>, count: u32, kind: Kind) -> Boot {
    let spec = AliasSpec {
        vendor_id: Some(HexId(0x10de)),
        product_id: Some(HexId(0x20b0)),
        device_type: Some(kind),
        tags: BTreeMap::new(),
    };
    Boot {
        name: "server".to_owned(),
        description: None,
        metadata: BTreeMap::new(),
        key_name: None,
        image: None,
        flavor: flavor(),
        devices: vec![DeviceRequest { alias: "gpu".to_owned(), count, specs: vec![spec] }],
        host: on,
    }
}
