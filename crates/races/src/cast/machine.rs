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
        let (host, (before, _)) = (host(number), self.lives[&host(number)]);
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
}
