//! A session of the unmodified `openstack` client, with osc-placement, against a site that is up.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::scene::{Scene, wait_for};

/// The client, as `./check` installs it.
fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/openstack/bin/openstack");
    assert!(
        program.is_file(),
        "{} is missing: ./check installs OpenStack's clients there",
        program.display()
    );
    program
}

/// A user with `clouds.yaml`.
struct Client {
    clouds: PathBuf,
}

impl Client {
    /// Runs a command, written as in a shell but without its quotes.
    fn run(&self, command: &str, json: bool) -> (bool, String) {
        let format: &[&str] = if json { &["-f", "json"] } else { &[] };
        let output = Command::new(program())
            .args(command.split_whitespace())
            .args(format)
            .env("OS_CLIENT_CONFIG_FILE", &self.clouds)
            .env("OS_CLOUD", "steadfast")
            .stdin(Stdio::null())
            .output()
            .expect("the client runs");
        let said = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// A command that shows something.
    fn show(&self, command: &str) -> Value {
        let (done, said) = self.run(command, true);
        assert!(done, "openstack {command}: {said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("openstack {command}: {error}: {said}"))
    }

    /// A command that shows nothing.
    fn act(&self, command: &str) {
        let (done, said) = self.run(command, false);
        assert!(done, "openstack {command}: {said}");
    }

    /// One column of a list.
    fn column(&self, command: &str, column: &str) -> Vec<String> {
        let rows = self.show(command);
        let rows = rows.as_array().unwrap_or_else(|| panic!("openstack {command} lists rows: {rows}"));
        let cell = |row: &Value| row[column].as_str().unwrap_or_else(|| panic!("{column}: {row}")).to_owned();
        rows.iter().map(cell).collect()
    }
}

#[test]
fn the_whole_session() {
    let scene = Scene::fresh();
    let client = Client { clouds: scene.dir().join("clouds.yaml") };
    let server = boot(&client);
    evacuate(&scene, &client);
    look_back(&client, &server);
    move_about(&client);
    stop_and_delete(&scene, &client);
}

/// A flavor with an alias, and a server of it on host1. Answers the server's id.
fn boot(client: &Client) -> String {
    let alias = "pci_passthrough:alias=gpu:1";
    let flavor =
        client.show(&format!("flavor create --vcpus 1 --ram 512 --disk 1 --property {alias} one-gpu"));
    assert_eq!(flavor["properties"]["pci_passthrough:alias"], "gpu:1", "{flavor}");
    assert_eq!(client.column("image list", "Name"), ["empty"]);
    let server =
        client.show("server create --image empty --flavor one-gpu --nic none --host host1 --wait vm1");
    assert_eq!((&server["status"], &server["OS-EXT-SRV-ATTR:host"]), (&"ACTIVE".into(), &"host1".into()));
    assert_eq!(client.column("server list --all-projects", "Name"), ["vm1"]);
    let shown = client.show("server show vm1");
    assert_eq!(shown["id"], server["id"]);
    assert_eq!(client.column("hypervisor list", "Hypervisor Hostname"), ["host1", "host2", "host3"]);
    assert_eq!(client.show("hypervisor show host1")["state"], "up");
    server["id"].as_str().expect("an id").to_owned()
}

/// host1 dies; the server goes to host3, because host2 is disabled and host3 is named.
fn evacuate(scene: &Scene, client: &Client) {
    client.act("compute service set --disable --disable-reason repair host2 nova-compute");
    let statuses = client.column("compute service list", "Status");
    assert_eq!(statuses, ["enabled", "disabled", "enabled"]);
    scene.played("kill", "host1");
    client.act("compute service set --down host1 nova-compute");
    assert_eq!(client.column("compute service list", "State"), ["down", "up", "up"]);
    // From 2.95 on an evacuated server stays off.
    client.show("--os-compute-api-version 2.94 server evacuate --host host3 vm1");
    wait_for("the evacuation", || {
        let server = client.show("server show vm1");
        (server["status"] == "ACTIVE" && server["OS-EXT-SRV-ATTR:host"] == "host3").then_some(())
    });
    assert_eq!(client.column("server migration list", "Status"), ["done"]);
    client.act("compute service set --up host1 nova-compute");
    client.act("compute service set --enable host2 nova-compute");
    scene.played("start", "host1");
    scene.wait_for_rest();
}

/// What happened, and who holds what now.
fn look_back(client: &Client, server: &str) {
    let requests = client.column("server event list vm1", "Request ID");
    let actions = client.column("server event list vm1", "Action");
    assert_eq!(actions, ["evacuate", "create"]);
    assert_eq!(client.show(&format!("server event show vm1 {}", requests[0]))["action"], "evacuate");

    let providers = client.show("resource provider list");
    let provider = |name: &str| {
        let mut rows = providers.as_array().expect("a list").iter();
        let row = rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {providers}"));
        row["uuid"].as_str().expect("an id").to_owned()
    };
    let (home, former) = (provider("host3"), provider("host1"));
    let classes = client.column(&format!("resource provider inventory list {home}"), "resource_class");
    assert_eq!(classes, ["DISK_GB", "MEMORY_MB", "VCPU"]);
    let allocations = client.show(&format!("resource provider allocation show {server}"));
    let allocations = allocations.as_array().expect("a list");
    assert!(allocations.iter().any(|row| row["resource_provider"] == home.as_str()), "{allocations:?}");
    let devices: u64 =
        allocations.iter().filter_map(|row| row["resources"]["CUSTOM_PCI_10DE_2330"].as_u64()).sum();
    assert_eq!(devices, 1, "{allocations:?}");
    let usage = |provider: &str| {
        let rows = client.show(&format!("resource provider usage show {provider}"));
        rows.as_array().expect("a list").iter().filter_map(|row| row["usage"].as_u64()).sum::<u64>()
    };
    assert_eq!((usage(&home), usage(&former)), (1 + 512 + 1, 0));
}

/// The server is migrated, which is confirmed, and resized, which is reverted.
fn move_about(client: &Client) {
    let at = |host: &str, flavor: &str| {
        let server = client.show("server show vm1");
        assert_eq!(
            (&server["status"], &server["OS-EXT-SRV-ATTR:host"], &server["flavor"]["original_name"]),
            (&"ACTIVE".into(), &host.into(), &flavor.into())
        );
    };
    let becomes_active = || {
        wait_for("the move", || (client.show("server show vm1")["status"] == "ACTIVE").then_some(()));
    };
    client.act("server migrate --host host2 --wait vm1");
    assert_eq!(client.show("server show vm1")["status"], "VERIFY_RESIZE");
    client.act("server migration confirm vm1");
    becomes_active();
    at("host2", "one-gpu");
    client
        .show("flavor create --vcpus 2 --ram 512 --disk 1 --property pci_passthrough:alias=gpu:1 two-cores");
    client.act("server resize --flavor two-cores --wait vm1");
    assert_eq!(client.show("server show vm1")["flavor"]["original_name"], "two-cores");
    client.act("server resize revert vm1");
    becomes_active();
    at("host2", "one-gpu");
    let moves = ["reverted", "confirmed", "done"];
    assert_eq!(client.column("server migration list", "Status"), moves);
}

fn stop_and_delete(scene: &Scene, client: &Client) {
    let status = |wanted: &str| {
        wait_for(wanted, || (client.show("server show vm1")["status"] == wanted).then_some(()));
    };
    client.act("server stop vm1");
    status("SHUTOFF");
    client.act("server start vm1");
    status("ACTIVE");
    client.act("server delete --wait vm1");
    assert_eq!(client.show("server list"), Value::Array(Vec::new()));
    scene.wait_for_rest();
    let (_, found) = scene.verify();
    assert_eq!(found["counts"]["claims"], 0, "{found}");
}
