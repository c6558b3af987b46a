//! One line for each request, and no secret in any.

use std::io;
use std::sync::{LazyLock, Mutex, Once};

use serde_json::{Value, json};

use crate::api::{Api, PASSWORD, agent_key, ask, login};

/// What the whole test program logs. A subscriber of one test alone would miss lines: whether a place in the code
/// logs at all is remembered from whichever test comes by first.
static WRITTEN: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(Mutex::default);
static START: Once = Once::new();

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps every line from now on.
pub fn keep() {
    START.call_once(|| {
        let lines =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(|| Lines);
        lines.try_init().expect("nothing else logs in this program");
    });
}

#[tokio::test]
async fn every_request_is_one_line_without_secrets() {
    let api = Api::new();
    let token = api.login("alice", None).await;
    let mut wrong = login("alice", None);
    wrong["auth"]["identity"]["password"]["user"]["password"] = json!(["swordfish"]);
    let mut misplaced = login("alice", None);
    misplaced["auth"]["identity"]["password"] = json!("swordfish\", expected nothing");
    let key = format!("Bearer {}", agent_key("host1"));
    let tokens = "/identity/v3/auth/tokens";
    let asked = [
        ask("POST", tokens).json(&login("alice", None)),
        ask("POST", tokens).json(&wrong),
        ask("POST", tokens).json(&misplaced),
        ask("GET", tokens).token(&token).header("X-Subject-Token", &token),
        ask("GET", "/image/v2/images?name=swordfish").token(&token),
        ask("GET", "/compute/v2.1/lost").token("swordfish"),
        ask("POST", "/agent/v1/hello")
            .header("Authorization", &key)
            .json(&json!({"host": "host1", "protocol": 3})),
    ];
    let count = asked.len();
    let global = "req-11111111-2222-3333-4444-555555555555";
    for ask in asked {
        api.send(ask.header("X-OpenStack-Request-ID", global)).await;
    }
    let written = String::from_utf8(WRITTEN.lock().expect("no writer panics").clone()).expect("UTF-8");
    let lines: Vec<Value> =
        written.lines().map(|line| serde_json::from_str(line).expect("a line is one JSON object")).collect();
    let ours: Vec<_> = lines.iter().filter(|line| line["fields"]["global_request_id"] == global).collect();
    assert_eq!(ours.len(), count, "{ours:?}");
    assert!(ours.iter().any(|line| line["fields"]["status"] == 404 && line["fields"]["refused"].is_string()));
    let by_alice = ours
        .iter()
        .filter(|line| line["fields"]["user"] == "u-alice" && line["fields"]["project"] == "p-demo");
    assert_eq!(by_alice.count(), 2, "a token's question and a list: {ours:?}");
    for secret in [PASSWORD, "swordfish", token.as_str(), &agent_key("host1"), "$argon2id"] {
        assert!(!written.contains(secret), "{secret} stands in the log:\n{written}");
    }
}
