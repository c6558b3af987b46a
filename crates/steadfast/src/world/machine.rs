//! The world of an agent: a control plane at the other end of HTTP, and a hypervisor under its hands.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Deserialize;
use steadfast_host::driver::Driver;
use steadfast_model::hypervisor::{Act, ActError, Seen};
use steadfast_model::ids::Moment;
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_operations::Refused;
use steadfast_operations::seam::{CallError, Env, Machine, Message, Step};
use uuid::Uuid;

use super::clock;
use crate::http::{Http, bearer};

/// How much of one class a host gives: what the configuration says and the machine does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    pub ratio: Option<RatioMilli>,
    pub reserved: Option<u64>,
}

/// The shares of every class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allotment {
    pub vcpu: Share,
    pub memory_mb: Share,
    pub disk_gb: Share,
}

impl Allotment {
    /// The stock as the configuration has it given.
    fn of(self, stock: Stock) -> Stock {
        let share = match stock.class {
            ResourceClass::Vcpu => self.vcpu,
            ResourceClass::MemoryMb => self.memory_mb,
            ResourceClass::DiskGb => self.disk_gb,
        };
        Stock {
            ratio: share.ratio.unwrap_or(stock.ratio),
            reserved: share.reserved.unwrap_or(stock.reserved),
            ..stock
        }
    }
}

/// What one agent reaches. Clones are the same one.
#[derive(Clone)]
pub struct MachineWorld {
    http: Http,
    control: Arc<str>,
    authorization: HeaderMap,
    driver: Arc<dyn Driver>,
    allotment: Allotment,
}

impl fmt::Debug for MachineWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachineWorld").field("control", &self.control).finish_non_exhaustive()
    }
}

/// The body of a refusal.
#[derive(Deserialize)]
struct RefusalBody {
    refused: Refused,
}

impl MachineWorld {
    /// `control` is the base URL of the control plane, `key` the host's own.
    #[must_use]
    pub fn new(control: &str, key: &str, driver: Arc<dyn Driver>, allotment: Allotment) -> Self {
        let (http, authorization) = (Http::default(), bearer(key));
        MachineWorld { http, control: control.into(), authorization, driver, allotment }
    }

    /// Has the driver do something, on a thread where it may block. It goes on if the caller does not wait.
    async fn drive<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Driver) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let driver = Arc::clone(&self.driver);
        let done = tokio::task::spawn_blocking(move || work(driver.as_ref())).await;
        done.unwrap_or_else(|_| Err(ActError("the driver panicked; its log says where".to_owned())))
    }
}

impl Env for MachineWorld {
    fn now(&self) -> Moment {
        clock::now()
    }

    fn id(&self) -> Uuid {
        clock::id()
    }

    async fn timer(&self, _step: Step, after_ms: u64) {
        clock::timer(after_ms).await;
    }

    fn spawn(&self, task: Step, future: impl Future<Output = ()> + Send + 'static) {
        clock::spawn(task, future);
    }
}

impl Machine for MachineWorld {
    async fn call<M: Message>(&self, message: M) -> Result<M::Answer, CallError> {
        let answer = exchange(self, &message).await;
        match &answer {
            Ok(_) => tracing::trace!(message = M::NAME, "answered"),
            Err(CallError::Refused(refused)) => tracing::info!(message = M::NAME, %refused, "refused"),
            Err(CallError::Unanswered(why)) => tracing::warn!(message = M::NAME, why, "no answer"),
        }
        answer
    }

    async fn settle(&self, _step: Step) -> Result<(), ActError> {
        self.drive(|driver| driver.settle()).await
    }

    async fn observe(&self, _step: Step) -> Result<Seen, ActError> {
        let seen = self.drive(|driver| driver.observe()).await;
        let allotment = self.allotment;
        seen.map(|seen| Seen {
            stocks: seen.stocks.into_iter().map(|stock| allotment.of(stock)).collect(),
            ..seen
        })
        .inspect_err(|why| tracing::warn!(%why, "the hypervisor cannot be looked at"))
    }

    async fn act(&self, _step: Step, act: Act) -> Result<(), ActError> {
        let (order, claim) = (act.name(), act.claim());
        let ended = self.drive(move |driver| driver.act(&act)).await;
        match &ended {
            Ok(()) => tracing::info!(order, %claim, "done"),
            Err(why) => tracing::warn!(order, %claim, %why, "failed"),
        }
        ended
    }
}

async fn exchange<M: Message>(world: &MachineWorld, message: &M) -> Result<M::Answer, CallError> {
    let unanswered = |why: String| CallError::Unanswered(why);
    let url: Uri = format!("{}/agent/v1/{}", world.control, M::NAME)
        .parse()
        .expect("the control plane's URL was checked where it was read");
    let body = serde_json::to_vec(message).expect("a message has text keys only");
    let answer = world.http.send(Method::POST, &url, &world.authorization, body).await;
    let answer = answer.map_err(|e| unanswered(e.to_string()))?;
    if answer.status == StatusCode::OK {
        return serde_json::from_slice(&answer.body)
            .map_err(|e| unanswered(format!("the answer is not one of this protocol: {e}")));
    }
    // Only an operation's own refusal says something about the host. Anything else may be of a proxy between.
    match serde_json::from_slice::<RefusalBody>(&answer.body) {
        Ok(body) => Err(CallError::Refused(body.refused)),
        Err(_) => Err(unanswered(format!("{}: {}", answer.status, answer.excerpt()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_overrides_what_the_machine_says() {
        let found = Stock::plain(ResourceClass::MemoryMb, 1000, RatioMilli::ONE);
        let share = Share { ratio: Some(RatioMilli(1500)), reserved: Some(100) };
        let allotment = Allotment { memory_mb: share, ..Allotment::default() };
        assert_eq!(allotment.of(found), Stock { ratio: RatioMilli(1500), reserved: 100, ..found });
        assert_eq!(Allotment::default().of(found), found);
    }
}
