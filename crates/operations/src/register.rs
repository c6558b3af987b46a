//! A life of a host begins: it asks where the store stands, and registers with what it read.

use steadfast_model::cause::Cause;
use steadfast_model::discrepancy::{Discrepancy, Subject};
use steadfast_model::host::Host;
use steadfast_model::ids::{Epoch, HostId};
use steadfast_model::message::{AtEpoch, Hello, PROTOCOL_VERSION, Register};
use uuid::Uuid;

use crate::refused::Refused;
use crate::seam::{Control, Halt, Message, Step, Tx, TxError, claims_on, get};

fn check_protocol(version: u32) -> Result<(), Refused> {
    if version == PROTOCOL_VERSION {
        return Ok(());
    }
    let sentence = format!(
        "The agent speaks protocol {version}, this control plane {PROTOCOL_VERSION}: install the same release on both."
    );
    Err(Refused::Invalid(sentence))
}

impl Message for Hello {
    type Answer = AtEpoch;
    const NAME: Step = "hello";

    fn host(&self) -> &HostId {
        &self.host
    }

    /// The host's epoch; 0 for one that never registered.
    async fn handle<C: Control>(self, env: &C, _cause: &Cause) -> Result<AtEpoch, TxError> {
        check_protocol(self.protocol).map_err(TxError::Refused)?;
        env.view("hello", move |view| {
            let host = view.read(get::<Host>(&self.host))?;
            Ok(AtEpoch { epoch: host.map_or_else(Epoch::default, |host| host.epoch) })
        })
        .await
    }
}

impl Message for Register {
    type Answer = AtEpoch;
    const NAME: Step = "register";

    fn host(&self) -> &HostId {
        &self.host
    }

    /// Opens a new epoch, compared with the one that the life read before, so that a late copy changes nothing;
    /// the same nonce again gets the same answer.
    async fn handle<C: Control>(self, env: &C, cause: &Cause) -> Result<AtEpoch, TxError> {
        check_protocol(self.protocol).map_err(TxError::Refused)?;
        let uuid = env.id();
        env.tx("register", cause, move |tx| register(tx, &self, uuid)).await
    }
}

fn register(tx: &mut Tx<'_>, life: &Register, uuid: Uuid) -> Result<AtEpoch, Halt> {
    let at = tx.now();
    let (known, claims) = tx.read((get::<Host>(&life.host), claims_on(&life.host)))?;
    let Some(host) = known else {
        let host =
            Host::unborn(life.host.clone(), uuid, at).register(life.from, life.nonce, life.boot_id, at)?;
        let epoch = host.epoch;
        tx.insert(host);
        return Ok(AtEpoch { epoch });
    };
    if let Some(epoch) = host.registered_as(life.nonce) {
        return Ok(AtEpoch { epoch });
    }
    let registered = host.register(life.from, life.nonce, life.boot_id, at)?;
    let epoch = registered.epoch;
    if host.asserted_dead == Some(life.boot_id) {
        let subject = Subject::NeverDead(life.boot_id);
        let known = tx.read(get::<Discrepancy>(&(life.host.clone(), subject.clone())))?;
        if known.is_none() {
            tx.insert(Discrepancy { host: life.host.clone(), subject, since: at });
        }
    }
    tx.update(&host, registered);
    claims.iter().for_each(|claim| tx.update(claim, claim.after_registration()));
    Ok(AtEpoch { epoch })
}
