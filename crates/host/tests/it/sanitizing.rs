//! What every driver promises of sanitizers; each check runs on each driver.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use steadfast_host::driver::{Driver, Offer, SanitizerCommand, SanitizerError, Sanitizers};
use steadfast_model::hypervisor::{Act, ActError};

use crate::conformance::{Rig, address, guest, offer, open};
use crate::scratch::Scratch;

/// When a test fails that would wait for ever.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the shell runs as the sanitizer `wipe`: `$0` is the scratch, `$1` the device.
struct Script {
    text: &'static str,
    timeout: Duration,
    scratch: Scratch,
}

impl Script {
    fn new(text: &'static str) -> Self {
        Script { text, timeout: DEADLINE, scratch: Scratch::new() }
    }

    fn offer(&self) -> Offer {
        let scratch = self.scratch.path().to_str().expect("it is text");
        let words = ["/bin/sh", "-c", self.text, scratch, "{device}"].map(str::to_owned).to_vec();
        let mut sanitizers = Sanitizers::default();
        let command = SanitizerCommand::new(words, self.timeout).expect("a good command");
        sanitizers.define("wipe".parse().expect("a name"), command).expect("it is not built in");
        Offer { sanitizers, ..offer() }
    }

    /// A pipe that the script has by this name. Whoever opens one of its ends waits until the other is open too.
    fn pipe(&self, name: &str) -> &Self {
        let made = Command::new("mkfifo").arg(self.scratch.path().join(name)).status();
        assert!(made.expect("mkfifo is installed").success());
        self
    }

    fn reader(&self, name: &str) -> BufReader<File> {
        BufReader::new(File::open(self.scratch.path().join(name)).expect("the pipe was made"))
    }

    fn wrote(&self, name: &str) -> String {
        std::fs::read_to_string(self.scratch.path().join(name)).expect("the script has written it")
    }
}

#[test]
fn a_command_has_thirty_days_at_most() {
    let command =
        |seconds| SanitizerCommand::new(vec!["/w".to_owned()], Duration::from_secs(seconds)).map(drop);
    for (seconds, is) in [
        (0, Err(SanitizerError::NoTime)),
        (2_592_000, Ok(())),
        (2_592_001, Err(SanitizerError::TooMuchTime)),
        (u64::MAX, Err(SanitizerError::TooMuchTime)),
    ] {
        assert_eq!(command(seconds), is, "{seconds}");
    }
}

fn wipe(driver: &dyn Driver) -> Result<(), ActError> {
    driver.act(&Act::Sanitize { device: address(1), by: "wipe".parse().expect("a name") })
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("the pipe can be read");
    line
}

/// Returns once no process has the other end of the pipe any more.
fn await_end(mut reader: BufReader<File>) {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        reader.read_to_end(&mut Vec::new()).expect("the pipe can be read");
        // Nobody listens to what comes too late.
        let _ = tell.send(());
    });
    assert_eq!(told.recv_timeout(DEADLINE), Ok(()), "something that wrote to the pipe goes on");
}

pub fn a_command_that_ends_well_has_sanitised<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(r#"echo "$1" >> "$0/wiped"; echo done; exec true"#));
    let driver = open(&rig, script.offer());
    for _ in 0..2 {
        assert_eq!(wipe(&*driver), Ok(()));
    }
    assert_eq!(script.wrote("wiped"), "0000:01:00.0\n0000:01:00.0\n");
    // Only what it said last is kept.
    let log = std::fs::read_to_string(rig.host().join("sanitizers/0000:01:00.0.log"));
    assert_eq!(log.expect("it was run"), "done\n");
    driver.settle().expect("nothing hinders the barrier");
}

pub fn a_command_that_fails_says_why<R: Rig>() {
    // A script, what its error begins with, and what it ends with.
    let table = [
        ("exit 3", "the sanitizer ended with exit status: 3", "status: 3"),
        (
            "echo 1 block; echo is bad >&2; exit 1",
            "the sanitizer ended with exit status: 1",
            " (it said: 1 block; is bad)",
        ),
        ("kill -9 $$", "the sanitizer ended with signal: 9", "(SIGKILL)"),
        (
            "yes no | head -c 999999; echo end; exit 1",
            "the sanitizer ended with exit status: 1 (it said: ",
            "; no; end)",
        ),
        (
            "printf '\\377\\r12 %%\\r'; exit 1",
            "the sanitizer ended with exit status: 1",
            " (it said: \u{fffd}; 12 %)",
        ),
        (
            "printf 'a\\tb \\033[31mc\\302\\233d\\007e'; exit 1",
            "the sanitizer ended with exit status: 1",
            " (it said: a b  [31mc d e)",
        ),
        (
            "tr '\\0' ';' < /proc/$$/environ; exit 1",
            "the sanitizer ended with exit status: 1",
            " (it said: PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin;)",
        ),
    ];
    for (text, begins, ends) in table {
        let (rig, script) = (R::new(), Script::new(text));
        let why = wipe(&*open(&rig, script.offer())).expect_err(text).to_string();
        assert!(why.starts_with(begins) && why.ends_with(ends), "{text}: {why}");
        assert!(why.len() < 3000 && !why.contains('\n'), "{text}: {} bytes", why.len());
    }
    let (rig, mut offer) = (R::new(), offer());
    let nothing = SanitizerCommand::new(vec!["/nonexistent/wipe".to_owned()], DEADLINE);
    let defined = offer.sanitizers.define("wipe".parse().expect("a name"), nothing.expect("a good command"));
    defined.expect("it is not built in");
    let why = wipe(&*open(&rig, offer)).expect_err("there is no such program").to_string();
    assert!(why.starts_with("cannot start the sanitizer: No such file"), "{why}");
}

pub fn a_command_leaves_nothing_behind<R: Rig>() {
    // A script that leaves something behind: in its group, with what it was given or without, or out of its group; and
    // what is said of it.
    let table = [
        (r#"cat "$0/never" > "$0/left" & exit 0"#, "the sanitizer left processes behind, which were killed"),
        (
            r#"cat "$0/never" > "$0/left" 2>&1 & exit 0"#,
            "the sanitizer left processes behind, which were killed",
        ),
        (r#"cat "$0/never" > "$0/left" 2>&1 & exit 1"#, "the sanitizer ended with exit status: 1"),
        (
            r#"setsid sh -c 'echo out > "$0/left"; cat "$0/never"' "$0" & read out < "$0/left"; exit 1"#,
            "the sanitizer ended with exit status: 1",
        ),
    ];
    for (text, expected) in table {
        let (rig, script) = (R::new(), Script::new(text));
        script.pipe("never").pipe("left");
        // Neither side waits for the other to open the pipe.
        let left = File::options().read(true).write(true).open(script.scratch.path().join("left"));
        let left = left.expect("the pipe was made");
        let why = wipe(&*open(&rig, script.offer())).expect_err("it left something behind").to_string();
        assert_eq!(why, expected, "{text}");
        let reader = script.reader("left");
        drop(left);
        await_end(reader);
    }
}

/// It puts a link to itself in the place of its log: which processes have that cannot be seen any more.
const HIDES: &str = r#"
    exec 3> "$0/runs"
    cat "$0/never" &
    log=$(readlink /proc/$$/fd/1)
    rm "$log" && ln -s "$log" "$log"
"#;

pub fn a_command_that_cannot_be_watched_is_killed_before_its_order_ends<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(HIDES));
    script.pipe("never").pipe("runs");
    let driver = open(&rig, script.offer());
    thread::scope(|scope| {
        let wiped = scope.spawn(|| wipe(&*driver));
        await_end(script.reader("runs"));
        assert!(!wiped.is_finished(), "it is not seen whether the log's lock is free");
        let log = rig.host().join("sanitizers/0000:01:00.0.log");
        std::fs::remove_file(log).expect("a link can be removed");
        let why = wiped.join().expect("it does not panic").expect_err("it was not watched").to_string();
        assert!(why.starts_with("cannot watch the sanitizer: Too many levels of symbolic links"), "{why}");
    });
}

pub fn a_command_that_takes_too_long_is_killed<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(r#"cat "$0/never""#));
    let script = Script { timeout: Duration::from_millis(200), ..script };
    script.pipe("never");
    let why = wipe(&*open(&rig, script.offer())).expect_err("it never ends").to_string();
    assert_eq!(why, "the sanitizer was killed after 200ms");
}

/// Something of it does not hold the lock, something else is not of its group, and all keep the pipe open.
const STUBBORN: &str = r#"
    exec 3> "$0/runs"
    { exec > "$0/out" 2>&1; cat "$0/never"; } &
    setsid cat "$0/never" &
    echo runs >&3
    wait
"#;

pub fn the_barrier_kills_what_this_life_began<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(STUBBORN));
    script.pipe("never").pipe("runs");
    let driver = open(&rig, script.offer());
    thread::scope(|scope| {
        let wiped = scope.spawn(|| wipe(&*driver));
        let mut runs = script.reader("runs");
        assert_eq!(line(&mut runs), "runs\n");
        driver.settle().expect("it can be killed");
        await_end(runs);
        let why = wiped.join().expect("it does not panic").expect_err("it was killed").to_string();
        assert_eq!(why, "the sanitizer ended with signal: 9 (SIGKILL)");
    });
}

/// The earlier life began it as [`the_barrier_kills_what_this_life_began`] does, and is gone.
pub fn the_barrier_kills_what_an_earlier_life_began<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(STUBBORN));
    script.pipe("never").pipe("runs");
    drop(open(&rig, offer()));
    let log = File::create(rig.host().join("sanitizers/0000:01:00.0.log")).expect("a scratch can be written");
    log.lock().expect("locks work here");
    let mut left = Command::new("/bin/sh")
        .args(["-c", STUBBORN])
        .arg(script.scratch.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("it is open"))
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("there is a shell");
    let mut runs = script.reader("runs");
    assert_eq!(line(&mut runs), "runs\n");
    let driver = open(&rig, script.offer());
    driver.settle().expect("it can be killed");
    await_end(runs);
    assert!(!left.wait().expect("it is ours").success());
}

pub fn what_cannot_be_sanitised_is_left_alone<R: Rig>() {
    let (rig, script) = (R::new(), Script::new(r#"echo "$1" > "$0/wiped""#));
    let driver = open(&rig, script.offer());
    driver.build(&guest(1, &[1]), false).expect("it can be built");
    // Who is to sanitise which device, and why not.
    let table = [
        (
            "wipe",
            1,
            "0000:01:00.0 is not sanitised: guest 00000000-0000-0000-0000-000000000001 has 0000:01:00.0",
        ),
        (
            "reset",
            1,
            "0000:01:00.0 is not sanitised: guest 00000000-0000-0000-0000-000000000001 has 0000:01:00.0",
        ),
        ("wipe", 3, "0000:03:00.0 is not a device of this host that may be given"),
        ("scrub", 2, "this host has no sanitizer `scrub`"),
    ];
    for (by, bus, why) in table {
        let outcome = driver.sanitize(address(bus), &by.parse().expect("a name"));
        assert_eq!(outcome, Err(ActError(why.to_owned())), "{by}");
    }
    assert!(!script.scratch.path().join("wiped").exists());
    driver.destroy(guest(1, &[1]).claim).expect("it can be destroyed");
    assert_eq!(wipe(&*driver), Ok(()));
    // There is nothing in hardware that is only described.
    assert_eq!(driver.sanitize(address(2), &"reset".parse().expect("a name")), Ok(()));
}
