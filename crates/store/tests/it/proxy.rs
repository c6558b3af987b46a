//! A line to a PostgreSQL server that can be cut at COMMIT, and that can hold answers back until every question of a
//! round trip has been asked.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tokio_postgres::Config;

use crate::server::Database;

/// How long a question may take to come before the test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// Where the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// COMMIT does not reach the server.
    BeforeServer,
    /// The server commits, and its answer does not come back.
    AfterServer,
    /// COMMIT reaches the server long after its sender has gone: when it is let through.
    Late,
}

#[derive(Debug, Default)]
struct State {
    cut: Option<Cut>,
    let_through: bool,
    /// Questions that the server answers one by one: simple queries, and the ends of extended ones.
    asked: usize,
    answered: usize,
    /// Up to which answer each round trip reaches; until as many questions have come, none of them is passed on.
    trips: VecDeque<usize>,
    /// A question did not come with the others of its round trip.
    broken: bool,
}

#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Proxy {
    pub fn to(database: &Database) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let proxy = Proxy { port, state: Arc::default() };
        let (accepting, socket) = (proxy.clone(), database.socket());
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a connection comes in");
                client.set_nodelay(true).expect("a socket takes options");
                let server = UnixStream::connect(&socket).expect("the server listens");
                accepting.connect(client, server);
            }
        });
        proxy
    }

    pub fn config(&self, database: &Database) -> Config {
        let mut config = Config::new();
        let name = database.config.get_dbname().expect("a database has a name");
        config.host("127.0.0.1").port(self.port).user("postgres").dbname(name);
        config
    }

    pub fn url(&self, database: &Database) -> String {
        let name = database.config.get_dbname().expect("a database has a name");
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Cuts the line at the next COMMIT.
    pub fn cut_at_commit(&self, cut: Cut) {
        self.lock().cut = Some(cut);
    }

    /// Lets a COMMIT that is late reach the server.
    pub fn let_through(&self) {
        self.lock().let_through = true;
        self.state.1.notify_all();
    }

    /// From now on the questions come in groups of these sizes, and a group's answers only after its last question.
    pub fn expect_trips(&self, sizes: &[usize]) {
        let mut state = self.lock();
        let mut end = state.answered;
        state.trips = sizes
            .iter()
            .map(|size| {
                end += size;
                end
            })
            .collect();
    }

    /// Whether all the expected questions came, each with the others of its group.
    pub fn trips_were_kept(&self) -> bool {
        let state = self.lock();
        !state.broken && state.trips.back().is_some_and(|end| *end == state.asked)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().expect("no test panics with it")
    }

    fn connect(&self, client: TcpStream, server: UnixStream) {
        let (client_out, server_in) =
            (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
        let deaf = Arc::new(Mutex::new(false));
        let (up, down) = (self.clone(), self.clone());
        let deaf_up = Arc::clone(&deaf);
        thread::spawn(move || {
            up.pass_questions(&client, &server, &deaf_up);
            hang_up(&client, &server);
        });
        thread::spawn(move || {
            down.pass_answers(&server_in, &client_out, &deaf);
            hang_up(&client_out, &server_in);
        });
    }

    fn pass_questions(&self, mut client: &TcpStream, mut server: &UnixStream, deaf: &Mutex<bool>) {
        // The first message has no type.
        let mut typed = false;
        while let Some(message) = read_message(&mut client, typed) {
            if message.starts_with(b"Q") && message.ends_with(b"COMMIT\0") {
                let cut = self.lock().cut.take();
                match cut {
                    Some(Cut::BeforeServer) => return,
                    Some(Cut::Late) => {
                        let _ = client.shutdown(Shutdown::Both);
                        let waits = |state: &mut State| !state.let_through;
                        drop(self.state.1.wait_while(self.lock(), waits).expect("no test panics with it"));
                        let _ = server.write_all(&message);
                        return;
                    }
                    Some(Cut::AfterServer) => *deaf.lock().expect("no panic") = true,
                    None => {}
                }
            }
            if typed && matches!(message[0], b'Q' | b'S') {
                self.lock().asked += 1;
                self.state.1.notify_all();
            }
            typed = true;
            if server.write_all(&message).is_err() {
                return;
            }
        }
    }

    fn pass_answers(&self, mut server: &UnixStream, mut client: &TcpStream, deaf: &Mutex<bool>) {
        // The server is ready once before it is asked anything.
        let mut greeted = false;
        while let Some(message) = read_message(&mut server, true) {
            let ready = message[0] == b'Z';
            if *deaf.lock().expect("no panic") {
                if ready {
                    return;
                }
                continue;
            }
            self.wait_for_trip();
            // Counted before it is passed on: whoever has the answer may count on it.
            if ready && greeted {
                self.lock().answered += 1;
            }
            greeted |= ready;
            if client.write_all(&message).is_err() {
                return;
            }
        }
    }

    /// Waits until every question of the round trip that the next answer belongs to has been asked. Whoever asks them
    /// one by one waits for this answer first, and they never come.
    fn wait_for_trip(&self) {
        let early = |state: &mut State| {
            let end = state.trips.iter().find(|end| **end > state.answered);
            end.is_some_and(|end| state.asked < *end)
        };
        let waited = self.state.1.wait_timeout_while(self.lock(), DEADLINE, early);
        let (mut state, timeout) = waited.expect("no test panics with it");
        if timeout.timed_out() {
            state.trips.clear();
            state.broken = true;
        }
    }
}

fn hang_up(client: &TcpStream, server: &UnixStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// One message of the protocol, with its type if it has one; none at the end.
fn read_message(from: &mut impl Read, typed: bool) -> Option<Vec<u8>> {
    let head = if typed { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().expect("four bytes"));
    let rest = usize::try_from(length).expect("it fits") - 4;
    message.resize(head + rest, 0);
    from.read_exact(&mut message[head..]).ok()?;
    Some(message)
}
