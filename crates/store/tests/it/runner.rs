//! The store as the program holds it: many callers, several processes, lost answers.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use steadfast_model::host::Host;
use steadfast_model::ids::{InventorySeq, ListGen};
use steadfast_model::pci::Device;
use steadfast_operations::refused::Refused;
use steadfast_operations::seam::{Abort, Halt, Tx, TxError, devices_of, get};
use steadfast_store::{Setup, Store, open_reader};
use uuid::Uuid;

use crate::engines::{Folder, NOW, cause};
use crate::faulty::{Fault, FaultyFile};
use crate::proxy::{Cut, Proxy};
use crate::sample;
use crate::server::Database;

/// How long an event may take before the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, event).await.expect("it happens before the deadline")
}

/// Another process each time.
fn setup() -> Setup {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let process = Uuid::from_u128(u128::from(COUNT.fetch_add(1, Ordering::Relaxed)));
    Setup { process, clock: || NOW }
}

fn urls(folder: &Folder) -> Vec<String> {
    vec!["memory:".to_owned(), format!("sqlite:{}", folder.file("store").display()), Database::new().url()]
}

/// The stores that several processes can open.
fn shared_urls(folder: &Folder) -> Vec<String> {
    urls(folder).split_off(1)
}

fn open(url: &str) -> Store {
    Store::open(url, setup()).expect("the store opens")
}

async fn insert_host(store: &Store, name: &'static str) -> Result<(), TxError> {
    let insert = move |tx: &mut Tx<'_>| {
        tx.insert(sample::host(name));
        Ok(())
    };
    soon(store.tx("insert", &cause(), insert)).await
}

/// Reads, adds one and writes: lost updates would show.
fn count_up(tx: &mut Tx<'_>) -> Result<u64, Halt> {
    let host = tx.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists");
    let inventory_seq = host.inventory_seq.next();
    tx.update(&host, Host { inventory_seq, ..host.row.as_ref().clone() });
    Ok(inventory_seq.0)
}

async fn counted(store: &Store) -> u64 {
    let read = |view: &mut steadfast_operations::seam::View<'_>| {
        Ok(view.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists").inventory_seq.0)
    };
    soon(store.view("count", read)).await.expect("a view needs no luck")
}

#[tokio::test]
async fn every_caller_gets_a_true_answer() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        insert_host(&store, "h1").await.expect("a new row");
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.tx("count", &cause(), count_up).await })
            })
            .collect();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(soon(call).await.expect("no panic").expect("a retry helps"));
        }
        answers.sort_unstable();
        assert_eq!(answers, (1..=200).collect::<Vec<_>>(), "{url}");
        assert_eq!(counted(&store).await, 200, "{url}");
        let counts = store.counts();
        assert_eq!(counts.transactions, 202, "{url}: {counts:?}");
    }
}

#[tokio::test]
async fn a_view_sees_every_commit_that_was_answered_before_it() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        insert_host(&store, "h1").await.expect("a new row");
        for expected in 1..=50 {
            let answer = soon(store.tx("count", &cause(), count_up)).await.expect("nobody else writes");
            assert_eq!((answer, counted(&store).await), (expected, expected), "{url}");
        }
    }
}

#[tokio::test]
async fn a_refusal_reaches_its_caller_and_writes_nothing() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        let refuse = |tx: &mut Tx<'_>| {
            tx.insert(sample::host("h1"));
            Err::<(), _>(Halt::Refused(Refused::Invalid("not like this".to_owned())))
        };
        let answer = soon(store.tx("refuse", &cause(), refuse)).await;
        assert_eq!(answer, Err(TxError::Refused(Refused::Invalid("not like this".to_owned()))), "{url}");
        assert!(soon(store.fleet()).await.hosts.is_empty(), "{url}");
    }
}

#[tokio::test]
async fn a_row_from_an_earlier_step_that_changed_is_a_conflict_in_the_end() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        insert_host(&store, "h1").await.expect("a new row");
        let read = |tx: &mut Tx<'_>| Ok(tx.read(get::<Host>(&sample::host_id("h1")))?.expect("it exists"));
        let seen = soon(store.tx("read", &cause(), read)).await.expect("it is there");
        soon(store.tx("count", &cause(), count_up)).await.expect("nobody else writes");
        let late = move |tx: &mut Tx<'_>| {
            tx.update(&seen, Host { inventory_seq: InventorySeq(99), ..seen.row.as_ref().clone() });
            Ok(())
        };
        let answer = soon(store.tx("late", &cause(), late)).await;
        assert_eq!(answer, Err(TxError::Store(Abort::Conflict)), "{url}");
        assert_eq!(counted(&store).await, 1, "{url}");
    }
}

#[tokio::test]
async fn a_body_that_panics_takes_nobody_with_it() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        let panic = |_: &mut Tx<'_>| -> Result<(), Halt> { panic!("a defect") };
        let answer = soon(store.tx("defect", &cause(), panic)).await;
        assert!(matches!(answer, Err(TxError::Store(Abort::Corrupt(_)))), "{url}: {answer:?}");
        insert_host(&store, "h1").await.expect("the next one is served");
    }
}

#[tokio::test]
async fn two_processes_on_one_store_lose_no_update() {
    let folder = Folder::new();
    for url in shared_urls(&folder) {
        let stores = [open(&url), open(&url)];
        insert_host(&stores[0], "h1").await.expect("a new row");
        let calls: Vec<_> = (0..200)
            .map(|call| {
                let store = stores[call % 2].clone();
                tokio::spawn(async move { store.tx("count", &cause(), count_up).await })
            })
            .collect();
        for call in calls {
            soon(call).await.expect("no panic").expect("a retry helps");
        }
        for store in &stores {
            assert_eq!(counted(store).await, 200, "{url}");
        }
    }
}

#[tokio::test]
async fn agents_wake_to_commits_of_any_process() {
    let folder = Folder::new();
    for url in shared_urls(&folder) {
        let (here, there) = (open(&url), open(&url));
        insert_host(&here, "h1").await.expect("a new row");
        let claim = |tx: &mut Tx<'_>| {
            tx.insert(sample::claim(1, 1, "h1"));
            Ok(())
        };
        let h1 = sample::host_id("h1");
        let by = cause();
        let (claimed, ()) =
            soon(async { tokio::join!(here.tx("claim", &by, claim), here.changed(&h1, ListGen(0))) }).await;
        claimed.expect("a new row");
        soon(there.changed(&h1, ListGen(0))).await;
        let leave = |tx: &mut Tx<'_>| {
            let claim =
                tx.read(get::<steadfast_model::claim::Claim>(&sample::claim_id(1)))?.expect("it exists");
            tx.update(&claim, claim.leaving());
            Ok(())
        };
        soon(there.tx("leave", &cause(), leave)).await.expect("nobody else writes");
        soon(here.changed(&h1, ListGen(1))).await;
    }
}

#[tokio::test]
async fn the_fleet_is_what_the_store_holds() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        let fill = |tx: &mut Tx<'_>| {
            tx.insert(sample::host("h1"));
            tx.insert(sample::host("h2"));
            tx.insert(sample::inventory("h1", steadfast_model::inventory::ResourceClass::Vcpu));
            tx.insert(sample::device("h1", 3));
            tx.insert(sample::device("h1", 4));
            tx.insert(sample::claim(1, 1, "h1"));
            tx.insert(sample::claim(2, 2, "h1"));
            Ok(())
        };
        soon(store.tx("fill", &cause(), fill)).await.expect("new rows");
        let fleet = soon(store.fleet()).await;
        let h1 = &fleet.hosts[&sample::host_id("h1")];
        assert_eq!((h1.devices.len(), h1.inventory.len(), h1.claimed.vcpus), (2, 1, 2), "{url}");
        let change = |tx: &mut Tx<'_>| {
            let devices = tx.read(devices_of(&sample::host_id("h1")))?;
            tx.remove(&devices[0]);
            let owner = Some(sample::claim_id(1));
            tx.update(&devices[1], Device { owner, ..devices[1].row.as_ref().clone() });
            let claim =
                tx.read(get::<steadfast_model::claim::Claim>(&sample::claim_id(2)))?.expect("it exists");
            let leaving = claim.leaving();
            tx.update(&claim, leaving);
            Ok(())
        };
        soon(store.tx("change", &cause(), change)).await.expect("nobody else writes");
        let after = soon(store.fleet()).await;
        let h1 = &after.hosts[&sample::host_id("h1")];
        assert_eq!(h1.devices.len(), 1, "{url}");
        assert_eq!(h1.devices[0].owner, Some(sample::claim_id(1)), "{url}");
        let unchanged = sample::host_id("h2");
        assert!(Arc::ptr_eq(&fleet.hosts[&unchanged], &after.hosts[&unchanged]), "{url}");
        if url != "memory:" {
            let later = soon(open(&url).fleet()).await;
            assert_eq!(later, after, "{url}: a store that is opened later sees the same");
        }
    }
}

#[tokio::test]
async fn lost_answers_and_conflicts_are_resolved_below() {
    use Fault::{Conflict, LostAfter, LostBefore, None as Fine};
    // How the commits of one body go; it must have run exactly once in the end.
    let table: [&[Fault]; 6] = [
        &[LostAfter],
        &[LostBefore],
        &[LostBefore, LostAfter],
        &[Conflict, Conflict, Conflict],
        &[Conflict, LostBefore, LostAfter],
        &[Fine, LostAfter],
    ];
    for faults in table {
        let folder = Folder::new();
        let file = FaultyFile::new(folder.file("store"), []);
        let store = Store::over(Box::new(file.clone()), setup()).expect("the store opens");
        insert_host(&store, "h1").await.expect("a new row");
        *file.faults.lock().expect("no panic") = faults.iter().copied().collect();
        let answer = soon(store.tx("count", &cause(), count_up)).await;
        assert_eq!(answer, Ok(1), "{faults:?}");
        assert_eq!(counted(&store).await, 1, "{faults:?}");
        let fleet = soon(store.fleet()).await;
        assert_eq!(fleet.hosts[&sample::host_id("h1")].host.inventory_seq.0, 1, "{faults:?}");
    }
}

#[tokio::test]
async fn a_line_that_is_cut_at_commit_is_resolved_below() {
    for cut in [Cut::BeforeServer, Cut::AfterServer] {
        let database = Database::new();
        let proxy = Proxy::to(&database);
        let store = open(&proxy.url(&database));
        insert_host(&store, "h1").await.expect("a new row");
        proxy.cut_at_commit(cut);
        assert_eq!(soon(store.tx("count", &cause(), count_up)).await, Ok(1), "{cut:?}");
        assert_eq!(counted(&store).await, 1, "{cut:?}");
        assert_eq!(store.counts().lost, 1, "{cut:?}");
    }
}

#[tokio::test]
async fn a_commit_that_nobody_can_tell_of_is_said_to_be_unknown() {
    let folder = Folder::new();
    let file = FaultyFile::new(folder.file("store"), [Fault::None, Fault::LostForGood]);
    let store = Store::over(Box::new(file), setup()).expect("the store opens");
    insert_host(&store, "h1").await.expect("a new row");
    let answer = soon(store.tx("count", &cause(), count_up)).await;
    let Err(TxError::Store(Abort::Unavailable(why))) = answer else { panic!("{answer:?}") };
    assert!(why.contains("unknown whether it was stored"), "{why}");
}

/// Two processes write by turns; each must hear of the other's commits, in their order, between its own.
#[tokio::test]
async fn the_fleet_follows_other_processes() {
    let folder = Folder::new();
    for url in shared_urls(&folder) {
        let stores = [open(&url), open(&url)];
        for host in ["h1", "h2"] {
            insert_host(&stores[0], host).await.expect("a new row");
        }
        for turn in 0..40u8 {
            let store = &stores[usize::from(turn % 3 == 0)];
            let host = if turn % 2 == 0 { "h1" } else { "h2" };
            let change = move |tx: &mut Tx<'_>| {
                let devices = tx.read(devices_of(&sample::host_id(host)))?;
                match devices.iter().find(|row| row.seen.address == sample::address(turn / 6)) {
                    Some(row) => tx.remove(row),
                    None => tx.insert(sample::device(host, turn / 6)),
                }
                tx.insert(sample::claim(turn.into(), 1, host));
                Ok(())
            };
            soon(store.tx("turn", &cause(), change)).await.expect("a retry helps");
            // Nobody is refused for what another process has made good.
            let [one, other] = [soon(stores[0].fleet()).await, soon(stores[1].fleet()).await];
            assert_eq!(one, other, "{url}, turn {turn}");
        }
        let expected = soon(open(&url).fleet()).await;
        let h2 = sample::host_id("h2");
        let newest = expected.hosts[&h2].host.list_gen;
        for store in &stores {
            // Whoever waits for what another process does hears of it, too.
            soon(store.changed(&h2, ListGen(newest.0 - 1))).await;
            assert_eq!(soon(store.fleet()).await, expected, "{url}");
        }
    }
}

/// A body that keeps its thread busy until it is released, so that what comes meanwhile waits together.
struct Hold {
    started: tokio::sync::mpsc::UnboundedReceiver<()>,
    release: std::sync::mpsc::Sender<()>,
}

fn hold() -> (Hold, impl FnMut(&mut Tx<'_>) -> Result<(), Halt> + Send + 'static) {
    let (starts, started) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel();
    let body = move |_: &mut Tx<'_>| {
        starts.send(()).expect("the test waits for it");
        released.recv().expect("the test releases it");
        Ok(())
    };
    (Hold { started, release }, body)
}

impl Hold {
    async fn has_started(&mut self) {
        self.started.recv().await.expect("it starts");
    }

    /// Polled last in a `join!`: the others are in the queue by then.
    async fn end(&self) {
        self.release.send(()).expect("it waits");
    }
}

#[tokio::test]
async fn bodies_that_wait_together_commit_together() {
    let folder = Folder::new();
    for url in urls(&folder) {
        let store = open(&url);
        let (mut hold, body) = hold();
        let by = cause();
        let together = async {
            hold.has_started().await;
            let (one, two, three) =
                (insert_host(&store, "h1"), insert_host(&store, "h2"), insert_host(&store, "h3"));
            tokio::join!(one, two, three, hold.end())
        };
        let (held, answers) = soon(async { tokio::join!(store.tx("hold", &by, body), together) }).await;
        assert_eq!((held, answers), (Ok(()), (Ok(()), Ok(()), Ok(()), ())), "{url}");
        let counts = store.counts();
        assert_eq!((counts.transactions, counts.commits), (4, 1), "{url}: {counts:?}");
    }
}

/// A body is refused because of a row that another one in its batch is about to write. That one is not stored after
/// all, so the refusal would have been a lie.
#[tokio::test]
async fn a_refusal_stands_only_if_what_it_saw_was_stored() {
    let folder = Folder::new();
    // The body that holds up the thread, the batch, then one by one.
    let file = FaultyFile::new(folder.file("store"), [Fault::None, Fault::Conflict, Fault::Conflict]);
    let store = Store::over(Box::new(file), setup()).expect("the store opens");
    let (mut hold, body) = hold();
    let refuse = |tx: &mut Tx<'_>| match tx.read(get::<Host>(&sample::host_id("h1")))? {
        Some(_) => Err(Halt::Refused(Refused::Conflict("the host exists".to_owned()))),
        None => Ok(()),
    };
    let by = cause();
    let queue_up = async {
        hold.has_started().await;
        tokio::join!(insert_host(&store, "h1"), store.tx("refuse", &by, refuse), hold.end())
    };
    let (held, answers) = soon(async { tokio::join!(store.tx("hold", &by, body), queue_up) }).await;
    assert_eq!((held, answers), (Ok(()), (Ok(()), Ok(()), ())));
}

#[test]
fn urls_that_name_no_store_are_refused_without_repeating_them() {
    for url in ["", "memory", "memory:x", "sqlite:", "mysql://ann:secret@db/x", "/var/lib/store"] {
        let why = Store::open(url, setup()).expect_err("it names no store").to_string();
        assert!(why.contains("names no store"), "{url}: {why}");
        assert!(!why.contains("secret"), "{url}: {why}");
    }
    let why = open_reader("memory:").err().expect("there is nothing to read").to_string();
    assert!(why.contains("gone with its process"), "{why}");
}
