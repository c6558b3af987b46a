//! Configurations that are refused: which file, where, and what would do.

use std::fs;

use crate::program::{Scratch, run};

const AGENT: &str = "\
host = \"host1\"
control = \"http://127.0.0.1:1\"
key = \"host1.key\"

[hypervisor]
kind = \"sim\"
directory = \"host1\"
";

const SERVER: &str = "\
listen = \"127.0.0.1:1\"
store = \"sqlite:a.db\"
users = \"users.toml\"
site_key = \"site.key\"
images = \"images\"
";

/// Runs a part with its configuration changed, and compares what it says.
fn check(part: &str, config: &str, change: (&str, &str), says: &str) {
    let dir = Scratch::new();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("it can be written");
    let changed = config.replacen(change.0, change.1, 1);
    assert_ne!(changed, config, "{change:?} changes nothing");
    write("config.toml", &changed);
    write("host1.key", &"k".repeat(64));
    write("short.key", "k");
    write("site.key", &"s".repeat(64));
    write("users.toml", "");
    fs::create_dir(dir.path().join("images")).expect("it can be made");
    let ran = run(&[part, "--config", &dir.at("config.toml")]);
    assert_eq!(ran.code, 2, "{change:?}: {ran:?}");
    assert!(ran.stderr.contains(says), "{change:?}: {}", ran.stderr);
}

#[test]
fn an_agents_configuration_is_read_strictly() {
    let check = |from, to, says| check("agent", AGENT, (from, to), says);
    check("host =", "hots =", "config.toml, line 1: `hots` is not known; did you mean `host`?");
    check("\"sim\"", "\"simm\"", "line 6: `simm` is not known; did you mean `sim`?");
    check("host = \"host1\"\n", "", "missing field `host`");
    check("http:", "https:", "control: `https://127.0.0.1:1` is not the control plane's URL");
    check("\"host1.key\"", "\"short.key\"", "short.key: an agent's key has at least 32 characters");
    check("\"host1.key\"", "\"no.key\"", "no.key cannot be read");
    check("\n[hyp", "report_interval_ms = 0\n[hyp", "report_interval_ms must be at least 1");
    let ratio = "\n[inventory]\ncpu_allocation_ratio = -1.0\n[hyp";
    check("\n[hyp", ratio, "cpu_allocation_ratio must be above 0 and at most 1000");
    let spec = "\n[[device_spec]]\nvendor = \"10de\"\n[hyp";
    check("\n[hyp", spec, "device_spec does not know the key `vendor`");
}

#[test]
fn only_sanitizers_that_are_there_are_named() {
    // What the configuration has of sanitizers, and why it is refused.
    let table = [
        ("[sanitizer.wipe]\ncomand = []", "line 9: `comand` is not known; did you mean `command`?"),
        ("[sanitizer.wipe]\ntimeout_s = 9", "missing field `command`"),
        ("[sanitizer.wipe]\ncommand = []", "sanitizer wipe: command names no program"),
        ("[sanitizer.wipe]\ncommand = ['wipe']", "sanitizer wipe: command: `wipe` is not an absolute path"),
        ("[sanitizer.wipe]\ncommand = ['/w']\ntimeout_s = 0", "sanitizer wipe: timeout_s must be at least 1"),
        (
            "[sanitizer.wipe]\ncommand = ['/w']\ntimeout_s = 2592001",
            "sanitizer wipe: timeout_s must be at most 2592000, which is 30 days",
        ),
        ("[sanitizer.wipe]\ncommand = ['/w']\ntimeout_s = 9223372036854775807", "timeout_s must be at most"),
        ("[sanitizer.reset]\ncommand = ['/w']", "sanitizer reset: `reset` is built in"),
        ("[sanitizer.'a b']\ncommand = ['/w']", "`a b` is not a valid sanitizer name"),
        (
            "[[device_spec]]\nsanitizer = 'wpie'\n[sanitizer.wipe]\ncommand = ['/w']",
            "device_spec, sanitizer: `wpie` is not known; did you mean `wipe`? Known here: reset, wipe",
        ),
        ("[[device_spec]]\nsanitizer = 'rst'", "device_spec, sanitizer: `rst` is not known"),
    ];
    for (text, says) in table {
        let with = format!("directory = \"host1\"\n{text}\n");
        check("agent", AGENT, ("directory = \"host1\"\n", &with), says);
    }
}

#[test]
fn a_control_planes_configuration_is_read_strictly() {
    let check = |from, to, says| check("server", SERVER, (from, to), says);
    check("store", "stroe", "line 2: `stroe` is not known; did you mean `store`?");
    check("127.0.0.1:1", "here", "line 1: ");
    check("users.toml", "nobody.toml", "nobody.toml cannot be read");
    check("\"images\"", "\"pictures\"", "pictures");
    check("site.key", "users.toml", "the site's key has 0 bytes");
    check("listen", "sweep_interval_ms = 1\nlisten", "sweep_interval_ms must be at least 10");
    check("listen", "endpoint = \"x\"\nlisten", "endpoint: `x` is not an endpoint");
    let agents = "images = \"images\"\n[agents]\nhost1 = \"abc\"";
    check("images = \"images\"", agents, "agents, host1: an agent's key hash is 64 hexadecimal digits");
    let alias = "images = \"images\"\n[[alias]]\nname = \"a:b\"";
    check("images = \"images\"", alias, "alias name `a:b` is refused");
}
