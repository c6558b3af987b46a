//! What happens to a machine without any agent of ours.

use steadfast_explore::When;
use steadfast_model::host::Host;
use steadfast_model::ids::InventorySeq;
use steadfast_model::pci::Address;
use steadfast_operations::seam::Key;

use super::{Cast, FATE};
use crate::scene::{host, stranger};
use crate::site::{Object, Site, on_machine};
use crate::verdict::any;

impl Cast {
    /// A guest that nobody knows appears on a host, with a device, once a new life of its agent was heard; the agent
    /// looks again.
    pub(crate) fn guest_appears(&self, number: u8, device: Address) {
        let (host, (before, _)) = (host(number), self.known.lives[&host(number)]);
        let heard = move |row: &Host| row.epoch > before && row.inventory_seq > InventorySeq::default();
        let row = Object::Row(Key::Host(host.clone()));
        let when = When::new([row], move |site: &Site| any(site, heard));
        let appears = self.site.step_when("a guest appears", when, move |site| {
            site.machine(&host).foreign.push(stranger(device));
            let tick = site.earn(&host, "agent.tick", 1);
            ((), on_machine(&host).and_writes([tick]))
        });
        self.site.spawn(FATE, "a guest appears", appears);
    }

    /// A device vanishes from a host at some moment, and its agent looks again.
    pub(crate) fn unplugged(&self, number: u8, device: Address) {
        self.unplugged_once(number, device, false);
    }

    /// A device vanishes from a host at some moment and is back at a later one. Its agent looks again after each, or
    /// once after both.
    pub(crate) fn unplugged_for_a_while(&self, number: u8, device: Address) {
        self.unplugged_once(number, device, true);
    }

    fn unplugged_once(&self, number: u8, device: Address, comes_back: bool) {
        let (site, from, to) = (self.site.clone(), host(number), host(number));
        self.site.spawn(FATE, "a device is unplugged", async move {
            let vanishes = move |site: &mut Site| {
                let devices = &mut site.machine(&from).devices;
                let place = devices.iter().position(|seen| seen.address == device).expect("it is there");
                let seen = devices.remove(place);
                let tick = site.earn(&from, "agent.tick", 1);
                (seen, on_machine(&from).and_writes([tick]))
            };
            let seen = site.step("device vanishes", vanishes).await;
            if !comes_back {
                return;
            }
            let returns = move |site: &mut Site| {
                let devices = &mut site.machine(&to).devices;
                let place = devices.partition_point(|other| other.address < device);
                devices.insert(place, seen.clone());
                let tick = site.earn(&to, "agent.tick", 1);
                ((), on_machine(&to).and_writes([tick]))
            };
            site.step("device is back", returns).await;
        });
    }
}
