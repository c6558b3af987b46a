//! The world of an agent: a control plane at the other end of HTTP, and a hypervisor under its hands.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Deserialize;
use steadfast_host::driver::Driver;
use steadfast_model::hypervisor::{Act, ActError, Seen, Target};
use steadfast_model::ids::Moment;
use steadfast_model::inventory::{RatioMilli, ResourceClass, Stock};
use steadfast_operations::Refused;
use steadfast_operations::seam::{CallError, Env, Machine, Message, Step};
use tokio::sync::RwLock;
use uuid::Uuid;

use super::clock;
use crate::http::{Http, bearer};

/// How soon the barrier looks again for an order that was given before and had not begun.
const SETTLE_RETRY_MS: u64 = 10;

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
    /// Read by every order from when it is given until it has ended.
    given: Arc<RwLock<()>>,
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
        let given = Arc::default();
        MachineWorld { http, control: control.into(), authorization, driver, given, allotment }
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
        loop {
            let settled = self.drive(|driver| driver.settle()).await;
            settled.inspect_err(|why| tracing::warn!(%why, "the barrier is not passed"))?;
            // An order that was given to a thread may not have come to the driver yet, and be about to begin.
            if self.given.try_write().is_ok() {
                return Ok(());
            }
            clock::timer(SETTLE_RETRY_MS).await;
        }
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
        let given = Arc::clone(&self.given).read_owned().await;
        let (order, target) = (act.name(), act.target());
        let ended = self.drive(move |driver| {
            let ended = driver.act(&act);
            drop(given);
            ended
        });
        let ended = ended.await;
        match (&ended, target) {
            (Ok(()), Target::Guest(claim)) => tracing::info!(order, %claim, "done"),
            (Ok(()), Target::Device(device)) => tracing::info!(order, %device, "done"),
            (Err(why), Target::Guest(claim)) => tracing::warn!(order, %claim, %why, "failed"),
            (Err(why), Target::Device(device)) => tracing::warn!(order, %device, %why, "failed"),
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
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use futures_util::FutureExt;
    use steadfast_model::ids::{ClaimId, SanitizerName};
    use steadfast_model::message::GuestSpec;
    use steadfast_model::pci::Address;

    use super::*;

    /// When a test fails that would wait for ever.
    const DEADLINE: Duration = Duration::from_secs(60);

    /// A driver that an order reaches only after whoever waits had every reason to believe that none is open.
    #[derive(Debug, Default)]
    struct Late {
        passed: Mutex<u32>,
        changed: Condvar,
        done: AtomicBool,
    }

    impl Driver for Late {
        fn settle(&self) -> Result<(), ActError> {
            *self.passed.lock().expect("nobody panics") += 1;
            self.changed.notify_all();
            Ok(())
        }

        fn observe(&self) -> Result<Seen, ActError> {
            unreachable!("nobody looks")
        }

        fn build(&self, _: &GuestSpec, _: bool) -> Result<(), ActError> {
            unreachable!("no guest is built")
        }

        fn start(&self, _: ClaimId) -> Result<(), ActError> {
            unreachable!("no guest is started")
        }

        fn stop(&self, _: ClaimId) -> Result<(), ActError> {
            unreachable!("no guest is stopped")
        }

        fn destroy(&self, _: ClaimId) -> Result<(), ActError> {
            unreachable!("no guest is destroyed")
        }

        fn sanitize(&self, _: Address, _: &SanitizerName) -> Result<(), ActError> {
            let passed = self.passed.lock().expect("nobody panics");
            let waited = self.changed.wait_timeout_while(passed, DEADLINE, |passed| *passed < 2);
            drop(waited.expect("nobody panics"));
            self.done.store(true, Ordering::SeqCst);
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_barrier_waits_for_an_order_that_has_not_come_to_the_driver() {
        let driver = Arc::new(Late::default());
        let (control, key) = ("http://127.0.0.1:1", "k".repeat(64));
        let world = MachineWorld::new(control, &key, Arc::clone(&driver) as _, Allotment::default());
        let device = "0000:3b:00.0".parse().expect("an address");
        let act = world.act("test", Act::Sanitize { device, by: "reset".parse().expect("a name") });
        let mut act = Box::pin(act);
        assert!(act.as_mut().now_or_never().is_none(), "it is given, and has not ended");
        world.settle("test").await.expect("the barrier can be passed");
        assert!(driver.done.load(Ordering::SeqCst));
    }

    #[test]
    fn the_configuration_overrides_what_the_machine_says() {
        let found = Stock::plain(ResourceClass::MemoryMb, 1000, RatioMilli::ONE);
        let share = Share { ratio: Some(RatioMilli(1500)), reserved: Some(100) };
        let allotment = Allotment { memory_mb: share, ..Allotment::default() };
        assert_eq!(allotment.of(found), Stock { ratio: RatioMilli(1500), reserved: 100, ..found });
        assert_eq!(Allotment::default().of(found), found);
    }
}
