//! One connection: made when it is needed, made anew when it was lost, with its prepared statements.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_util::future::{MaybeDone, maybe_done};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use super::cells::Arg;
use super::trouble::Trouble;
use crate::backoff;

/// How often a server is called before it counts as unreachable; with the waits between, about three seconds.
const CALLS_MAX: u32 = 20;
/// How long one call may take.
const CONNECT_TIMEOUT_MS: u64 = 5_000;
/// How long an answer is waited for. Shorter gives up reading a large store; longer keeps callers waiting for a server
/// that hangs.
const ANSWER_TIMEOUT_MS: u64 = 60_000;
/// How long a silent network is trusted.
const SILENCE_MS: u64 = 10_000;

/// How every session is set up. A session that hangs within a transaction holds locks that all writers wait for, so
/// the server ends it after 10 s; whoever waits for a lock waits longer than that. Plans use indexes even for small
/// tables: reading a whole table would make a transaction conflict with every other one. An answered commit is on
/// disk.
const SESSION: &str = "
    SET idle_in_transaction_session_timeout = 10000;
    SET lock_timeout = 15000;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
";

/// One statement with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub sql: String,
    pub args: Vec<Arg>,
}

/// What one statement came to.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub rows: Vec<Row>,
    pub affected: u64,
}

/// A connection with its prepared statements.
struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
}

/// A runtime that may end anywhere, in async code as well: it leaves at once what it still waits for.
struct Loop(Option<Runtime>);

impl Loop {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.as_ref().expect("it is there until it is dropped").block_on(future)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

pub(super) struct Line {
    runtime: Loop,
    config: Config,
    session: Option<Session>,
    round_trips: Arc<AtomicU64>,
}

impl Line {
    pub fn new(config: &Config, round_trips: Arc<AtomicU64>) -> Result<Line, Trouble> {
        let mut config = config.clone();
        if config.get_application_name().is_none() {
            config.application_name("steadfast");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_millis(SILENCE_MS));
            config.keepalives_idle(Duration::from_millis(SILENCE_MS));
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|why| Trouble::Refused(format!("no runtime for the connection: {why}")))?;
        Ok(Line { runtime: Loop(Some(runtime)), config, session: None, round_trips })
    }

    /// Sends `begin`, if any, and all calls at once, and waits for all answers: one round trip. Statements that are new
    /// to the connection cost one more.
    pub fn converse(&mut self, begin: Option<&str>, calls: &[Call]) -> Result<Vec<Reply>, Trouble> {
        self.on_session(async |session| {
            let statements = session.prepare(calls).await?;
            let begin = begin.map(|begin| boxed(simple(&session.client, begin)));
            let statements = calls.iter().zip(&statements);
            let asked =
                statements.map(|(call, statement)| boxed(run(&session.client, statement, &call.args)));
            let skip = usize::from(begin.is_some());
            let replies = pipelined(begin.into_iter().chain(asked).collect()).await;
            replies.into_iter().collect::<Result<Vec<_>, _>>().map(|mut replies| replies.split_off(skip))
        })
    }

    /// Statements without arguments, one after the other, in one round trip.
    pub fn batch(&mut self, sql: &str) -> Result<(), Trouble> {
        self.on_session(async |session| session.client.batch_execute(sql).await)
    }

    /// Whether the connection stands, as far as is known.
    pub fn stands(&self) -> bool {
        self.session.is_some()
    }

    /// Does something on the connection, which is made first if there is none. One that fails it is dropped.
    fn on_session<T>(
        &mut self,
        what: impl AsyncFnOnce(&mut Session) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, Trouble> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.call()?,
        };
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        let limit = Duration::from_millis(ANSWER_TIMEOUT_MS);
        let answer = self.runtime.block_on(async { tokio::time::timeout(limit, what(&mut session)).await });
        let answer = match answer {
            Ok(answer) => answer.map_err(|why| Trouble::of(&why)),
            Err(_) => {
                Err(Trouble::Line(format!("the database server does not answer for {ANSWER_TIMEOUT_MS} ms")))
            }
        };
        if !matches!(answer, Err(Trouble::Line(_))) {
            self.session = Some(session);
        }
        answer
    }

    /// Calls the server until it answers, for a bounded time.
    fn call(&mut self) -> Result<Session, Trouble> {
        for tries in 1.. {
            match self.runtime.block_on(connect(&self.config)) {
                Err(Trouble::Line(_)) if tries < CALLS_MAX => {
                    thread::sleep(backoff::wait(tries, self.round_trips.load(Ordering::Relaxed)));
                }
                answer => return answer,
            }
        }
        unreachable!("the last call's answer is returned")
    }
}

async fn connect(config: &Config) -> Result<Session, Trouble> {
    let (client, connection) = config.connect(NoTls).await.map_err(|why| Trouble::of(&why))?;
    // It is driven whenever this thread waits for an answer; what ends it shows in the answers.
    tokio::spawn(async move { drop(connection.await) });
    client.batch_execute(SESSION).await.map_err(|why| Trouble::of(&why))?;
    Ok(Session { client, statements: HashMap::new() })
}

impl Session {
    async fn prepare(&mut self, calls: &[Call]) -> Result<Vec<Statement>, tokio_postgres::Error> {
        for call in calls {
            if !self.statements.contains_key(&call.sql) {
                let statement = self.client.prepare(&call.sql).await?;
                self.statements.insert(call.sql.clone(), statement);
            }
        }
        Ok(calls.iter().map(|call| self.statements[&call.sql].clone()).collect())
    }
}

async fn simple(client: &Client, sql: &str) -> Result<Reply, tokio_postgres::Error> {
    client.batch_execute(sql).await?;
    Ok(Reply::default())
}

async fn run(client: &Client, statement: &Statement, args: &[Arg]) -> Result<Reply, tokio_postgres::Error> {
    let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|arg| arg as &(dyn ToSql + Sync)).collect();
    if statement.columns().is_empty() {
        Ok(Reply { rows: Vec::new(), affected: client.execute(statement, &args).await? })
    } else {
        Ok(Reply { rows: client.query(statement, &args).await?, affected: 0 })
    }
}

type Asked<'a> = Pin<Box<dyn Future<Output = Result<Reply, tokio_postgres::Error>> + 'a>>;

fn boxed<'a>(asked: impl Future<Output = Result<Reply, tokio_postgres::Error>> + 'a) -> Asked<'a> {
    Box::pin(asked)
}

/// Sends every question, in order, before it waits for the first answer: a question is sent when it is first polled.
async fn pipelined(asked: Vec<Asked<'_>>) -> Vec<Result<Reply, tokio_postgres::Error>> {
    let mut asked: Vec<MaybeDone<Asked<'_>>> = asked.into_iter().map(maybe_done).collect();
    poll_fn(|context| {
        for one in &mut asked {
            let _ = Pin::new(one).poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut replies = Vec::with_capacity(asked.len());
    for one in &mut asked {
        let mut one = Pin::new(one);
        one.as_mut().await;
        replies.push(one.take_output().expect("it was awaited, and nobody took it"));
    }
    replies
}
