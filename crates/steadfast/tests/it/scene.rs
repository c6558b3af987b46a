//! A site that `steadfast up` keeps, and what tests do to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use steadfast::demo::api::{Api, Server};
use steadfast::exit::Failure;
use steadfast::site::record::SiteRecord;
use steadfast::site::{Layout, fresh};
use steadfast_model::ids::HostId;
use uuid::Uuid;

use crate::program::{Ran, STEADFAST, Scratch, run};

/// How long anything may take. It can only fail by this.
const DEADLINE: Duration = Duration::from_secs(120);
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(LOOK_INTERVAL);
    }
}

pub fn host(name: &str) -> HostId {
    name.parse().expect("a host's name")
}

/// A site, up.
pub struct Scene {
    pub scratch: Scratch,
    up: Child,
    runtime: tokio::runtime::Runtime,
    api: Option<Api>,
    /// A control plane that was started beside `up`.
    server: Option<Child>,
}

impl Scene {
    /// A fresh site of three simulated hosts.
    pub fn fresh() -> Scene {
        Scene::with(&[])
    }

    /// A fresh site whose store is elsewhere.
    pub fn on(store: &str) -> Scene {
        Scene::with(&["--store", store])
    }

    fn with(args: &[&str]) -> Scene {
        let scratch = Scratch::new();
        let up = up(&scratch, &[&["--listen", "127.0.0.1:0"], args].concat());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        Scene { scratch, up, runtime, api: None, server: None }
    }

    pub fn dir(&self) -> PathBuf {
        self.scratch.path().join("site")
    }

    fn layout(&self) -> Layout {
        Layout::at(&self.dir()).expect("the present directory")
    }

    pub fn record(&self) -> SiteRecord {
        read_record(&self.dir())
    }

    /// The store's URL.
    pub fn store(&self) -> String {
        self.record().store
    }

    /// Ends `up` with a signal, waits for its end, and answers its status.
    pub fn end_up(&mut self, signal: &str) -> std::process::ExitStatus {
        kill(self.up.id(), signal);
        self.up.wait().expect("it is our child")
    }

    /// Starts `up` on the same directory again.
    pub fn resume(&mut self) {
        self.up = up(&self.scratch, &[]);
        self.api = None;
    }

    /// `steadfast up host kill|start`.
    pub fn play(&self, what: &str, host: &str) -> Ran {
        run(&["up", "host", what, host, "--dir", &self.scratch.at("site")])
    }

    /// Like [`Scene::play`], which must be done.
    pub fn played(&self, what: &str, host: &str) {
        let ran = self.play(what, host);
        assert_eq!(ran.code, 0, "{what} {host}: {ran:?}");
    }

    /// Starts a host anew, with GPUs that a script of the shell sanitises: `$0` is the scratch, `$1` the device.
    pub fn sanitize(&self, host: &str, script: &str) {
        self.played("kill", host);
        let path = self.dir().join("agents").join(format!("{host}.toml"));
        let text = std::fs::read_to_string(&path).expect("a host has a configuration");
        let gpu = "product_id = \"2330\"\n";
        let named = text.replacen(gpu, &format!("{gpu}sanitizer = \"wipe\"\n"), 1);
        assert_ne!(named, text, "the site has GPUs");
        let words = ["/bin/sh", "-c", script, &self.scratch.at(""), "{device}"];
        let words = words.map(|word| toml::Value::String(word.to_owned()).to_string()).join(", ");
        let table = format!("\n[sanitizer.wipe]\ncommand = [{words}]\n");
        std::fs::write(&path, named + &table).expect("the site's directory can be written");
        self.played("start", host);
    }

    /// Starts the control plane on its own, as an operator would.
    pub fn start_server(&mut self) {
        if let Some(mut former) = self.server.take() {
            former.wait().expect("it is our child");
        }
        self.server = Some(server(&self.layout().server()));
    }

    /// Starts a second control plane on the same store, and waits until it answers.
    pub fn second_control_plane(&self) -> SecondControlPlane {
        let layout = self.layout();
        // Whoever asks for port 0 learns of a free one; nobody else here asks for that one again.
        let free =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
        let text = std::fs::read_to_string(layout.server()).expect("a site has a server.toml");
        let settings: Vec<String> = text
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some(("listen", _)) => format!("listen = \"{free}\""),
                Some(("endpoint", _)) => format!("endpoint = \"http://{free}\""),
                Some(_) | None => line.to_owned(),
            })
            .collect();
        let config = self.dir().join("second.toml");
        std::fs::write(&config, settings.join("\n")).expect("the site's directory can be written");
        let child = server(&config);
        let password = fresh::admin_password(&layout).expect("the site's password");
        let api = wait_for("the second control plane", || self.block_on(Api::log_in(free, &password)).ok());
        SecondControlPlane { child, api }
    }

    /// The control plane's process, whoever started it.
    pub fn server_pid(&self) -> u32 {
        self.server.as_ref().map_or_else(|| self.pid_of(None), Child::id)
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The process of a host's agent, or of the control plane.
    pub fn pid_of(&self, host: Option<&str>) -> u32 {
        let record = self.record();
        let mut processes = record.processes.iter();
        let wanted = processes.find(|process| process.host.as_ref().map(HostId::as_str) == host);
        wanted.unwrap_or_else(|| panic!("{host:?} is not in {record:?}")).pid
    }

    /// Asks the API until it answers: a control plane may just be dead.
    pub fn api<T, F>(&mut self, what: &str, ask: F) -> T
    where
        F: AsyncFn(&Api) -> Result<T, Failure>,
    {
        let layout = self.layout();
        let listen = self.record().endpoints["compute"].parse::<http::Uri>().expect("a URL");
        let listen = listen.authority().expect("a host").as_str().parse().expect("an address");
        wait_for(what, || {
            self.runtime.block_on(async {
                if self.api.is_none() {
                    let password = fresh::admin_password(&layout).expect("the site's password");
                    self.api = Api::log_in(listen, &password).await.ok();
                }
                match &self.api {
                    Some(api) => ask(api).await.ok(),
                    None => None,
                }
            })
        })
    }

    pub fn servers(&mut self) -> Vec<Server> {
        self.api("the list of servers", async |api| api.servers().await)
    }

    /// The id of the image that a fresh site has.
    pub fn image(&mut self) -> Uuid {
        self.api("the image", async |api| api.image("empty").await)
    }

    /// What `verify --json` says.
    pub fn verify(&self) -> (i32, serde_json::Value) {
        let ran = run(&["verify", "--json", "--store", &self.store()]);
        let said = serde_json::from_str(&ran.stdout);
        (ran.code, said.unwrap_or_else(|error| panic!("{error}: {ran:?}")))
    }

    /// Waits until nothing is in flight, and requires the store to be clean.
    pub fn wait_for_rest(&self) {
        let code = wait_for("rest", || {
            let (code, found) = self.verify();
            found["in_flight"].as_array().is_some_and(Vec::is_empty).then_some(code)
        });
        assert_eq!(code, 0, "{}", self.verify().1);
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
        if matches!(self.up.try_wait(), Ok(None)) {
            kill(self.up.id(), "TERM");
            let _ = self.up.wait();
        }
    }
}

/// A control plane beside the site's own.
pub struct SecondControlPlane {
    child: Child,
    pub api: Api,
}

impl SecondControlPlane {
    pub fn kill(&mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }
}

impl Drop for SecondControlPlane {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a control plane.
fn server(config: &Path) -> Child {
    Command::new(STEADFAST)
        .args(["server", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the executable runs")
}

/// Starts `up` and waits until it is ready.
fn up(scratch: &Scratch, args: &[&str]) -> Child {
    let mut child = Command::new(STEADFAST)
        .args(["up", "--dir", &scratch.at("site")])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the executable runs");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| line == "ready");
    assert!(ready, "up ended before it was ready");
    // What it says later goes nowhere, and must not stop it.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

pub fn read_record(dir: &Path) -> SiteRecord {
    let text = std::fs::read_to_string(dir.join("site.json")).expect("a site has a record");
    serde_json::from_str(&text).expect("it is one")
}

pub fn kill(pid: u32, signal: &str) {
    let status = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status();
    assert!(status.expect("kill runs").success(), "process {pid} was there");
}
