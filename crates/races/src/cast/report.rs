//! Reports that no agent sends at the moment: copies that come late, and a round of an agent that is asleep otherwise.

use steadfast_explore::When;
use steadfast_model::claim::{Claim, Said};
use steadfast_model::host::Host;
use steadfast_model::message::{Answer, Cleaned, Report, Sanitized, Statement};
use steadfast_model::pci::{Address, Dirt};
use steadfast_operations::seam::Range;

use super::{Cast, FATE};
use crate::scene::host;
use crate::second_report::one_round;
use crate::site::{Object, Site, Touched};
use crate::verdict::{any, every};
use crate::world::CONTROL;

impl Cast {
    /// A copy of a report that an order failed arrives once another order stands.
    pub(crate) fn failure_is_told_late(&self, number: u8) {
        let (site, world, on) = (self.site.clone(), self.agent_world(number), host(number));
        let failed = |claim: &Claim| matches!(claim.said, Said::Failed(_));
        self.site.spawn(FATE, "late report", async move {
            let claims = [Object::List(Range::ClaimsOn(on.clone()))];
            let when = When::new(claims.clone(), move |site: &Site| any(site, failed));
            let copy = move |site: &mut Site| {
                let claim =
                    every::<Claim>(site).into_iter().find(|claim| failed(claim)).expect("the gate is open");
                let host = every::<Host>(site).into_iter().find(|row| row.id == on).expect("it has a claim");
                let Said::Failed(why) = claim.said.clone() else { unreachable!("it failed") };
                let said = Statement { claim: claim.id, order: claim.order, answer: Answer::Failed(why) };
                let Host { epoch, list_gen, report_seq: seq, .. } = *host;
                let (statements, unheard) = (vec![said], false);
                let report = Report {
                    host: on.clone(),
                    epoch,
                    seq,
                    unheard,
                    list_gen,
                    statements,
                    sanitized: Vec::new(),
                    census: None,
                };
                ((report, claim.order), Touched::nothing())
            };
            let (report, order) = site.step_when("report is copied", when, copy).await;
            let another = move |site: &Site| any::<Claim>(site, |claim| claim.order > order);
            site.step_when("report goes on", When::new(claims, another), |_| ((), Touched::nothing())).await;
            let _ = site.request(CONTROL, "late report", world.handling(report)).await;
        });
    }

    /// A copy of a report that a device was sanitised of this dirt arrives at some moment. It is the newest of its life
    /// that counted.
    pub(crate) fn sanitized_is_told_late(&self, number: u8, device: Address, dirt: Dirt) {
        let (world, host) = (self.agent_world(number), host(number));
        let (epoch, seq) = self.known.lives[&host];
        let outcome = Cleaned::By("reset".parse().expect("a name"));
        let report = Report {
            host,
            epoch,
            seq,
            unheard: false,
            list_gen: Default::default(),
            statements: Vec::new(),
            sanitized: vec![Sanitized { device, dirt, outcome }],
            census: None,
        };
        let site = self.site.clone();
        self.site.spawn(FATE, "late report", async move {
            site.step("report goes on", |_| ((), Touched::nothing())).await;
            let _ = site.request(CONTROL, "late report", world.handling(report)).await;
        });
    }

    /// The agent of a host asks, looks and reports once, gives no order, and dies.
    pub(crate) fn looks_once(&self, number: u8) {
        let (handle, mutant, host) = (self.site.clone(), self.mutant, host(number));
        self.site.spawn(FATE, "looks once", async move {
            let look = move |site: &mut Site| {
                let row = every::<Host>(site).into_iter().find(|row| row.id == host).expect("it registered");
                ((row.as_ref().clone(), site.machines[&host].observe()), Touched::everything())
            };
            let (row, seen) = handle.step("looks", look).await;
            one_round(handle, mutant, row, seen).await;
        });
    }
}
