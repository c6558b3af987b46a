//! How each service says no.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use steadfast_operations::seam::Abort;

use crate::api::{Api, Ask, ask, login};

#[tokio::test]
async fn each_service_spells_a_refusal_its_own_way() {
    let api = Api::new();
    let lost = "there is no";
    let table: [(Ask, u16, &str, &str); 12] = [
        (ask("GET", "/compute/v2.1/lost"), 404, "/itemNotFound/message", lost),
        (ask("GET", "/image/v2/images"), 401, "/message", "no token"),
        (ask("DELETE", "/compute"), 405, "/badMethod/message", "does not take DELETE"),
        (ask("GET", "/placement/lost"), 404, "/errors/0/detail", lost),
        (ask("GET", "/identity/lost"), 404, "/error/message", lost),
        (ask("POST", "/identity/v3/users"), 501, "/error/message", "does not have it"),
        (ask("GET", "/image/lost"), 404, "/message", lost),
        (ask("GET", "/network/v2.0/lost"), 404, "/NeutronError/message", lost),
        (ask("GET", "/network/v2.0/networks"), 501, "/NeutronError/type", "NotImplemented"),
        (ask("POST", "/agent/v1/hello"), 401, "/error/message", "no agent's key"),
        (ask("GET", "/"), 404, "/error/message", lost),
        (ask("GET", "/nowhere/at/all"), 404, "/error/code", "404"),
    ];
    for (asked, status, pointer, sentence) in table {
        let shown = format!("{asked:?}");
        let answer = api.send(asked).await.expect(status);
        let body = answer.json();
        let said = body.pointer(pointer).map(ToString::to_string).unwrap_or_default();
        assert!(said.contains(sentence), "{shown}: {body}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let api = Api::new();
    let answer = api.send(ask("PUT", "/identity/v3/auth/tokens")).await.expect(405);
    let allowed = answer.header("Allow").expect("a header");
    assert!(["GET", "HEAD", "POST", "DELETE"].iter().all(|method| allowed.contains(method)), "{allowed}");
}

#[tokio::test]
async fn placements_errors_have_a_code_from_its_version_on() {
    let api = Api::new();
    for (version, code) in [("placement 1.22", None), ("placement 1.23", Some("placement.undefined_code"))] {
        let asked = ask("GET", "/placement/lost").header("OpenStack-API-Version", version);
        let answer = api.send(asked).await.expect(404);
        assert_eq!(answer.json()["errors"][0]["code"].as_str(), code, "{version}");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let api = Api::new();
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/compute", "/compute/v2.1/lost", "/placement", "/identity", "/healthz", "/metrics", "/lost"]
    {
        let answer = api.send(ask("GET", path).header("X-OpenStack-Request-ID", "req-not-a-uuid")).await;
        let id = answer.header("x-openstack-request-id").expect("an id").to_owned();
        let uuid = id.strip_prefix("req-").expect("our form");
        assert!(uuid.parse::<uuid::Uuid>().is_ok(), "{path}: {id}");
        let compute = path.starts_with("/compute").then_some(id.as_str());
        assert_eq!(answer.header("x-compute-request-id"), compute, "{path}");
        assert!(seen.insert(id), "{path}: an id came twice");
    }
    let id = api.get("/placement/lost").await;
    assert_eq!(id.json()["errors"][0]["request_id"].as_str(), id.header("x-openstack-request-id"));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_one_sentence() {
    let api = Api::new();
    let path = "/identity/v3/auth/tokens";
    let long = vec![b' '; (4 << 20) + 1];
    let deep = "[".repeat(100_000);
    let table: [(&[u8], u16, &str); 14] = [
        (b"", 400, "has no body"),
        (b"  \n", 400, "has no body"),
        (b"{", 400, "not valid JSON"),
        (b"{\"auth\": {},}", 400, "not valid JSON"),
        (b"{\"auth\": 1e999}", 400, "not valid JSON"),
        (b"{\"auth\": \"\\ud800\"}", 400, "not valid JSON"),
        (b"{\"auth\": \"\xff\"}", 400, "not valid JSON"),
        (deep.as_bytes(), 400, "not valid JSON"),
        (b"[]", 400, "expected an object"),
        (b"null", 400, "expected an object"),
        (b"{}", 400, "missing field `auth`"),
        (b"{\"auth\": {}, \"more\": 1}", 400, "missing field `identity`"),
        (b"{\"auth\": {\"identity\": {\"methods\": \"password\"}}}", 400, "at `auth.identity.methods`"),
        (&long, 413, "at most 4194304 bytes"),
    ];
    for (body, status, sentence) in table {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let answer = api.send(ask("POST", path).body(body)).await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
        let said = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(said.contains(sentence) && !said.contains('\n'), "{shown}: {said}");
    }
    let form = ask("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
    api.send(form).await.expect(415);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for_for_ever() {
    let api = Api::new();
    api.world.hurry();
    let nothing = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = Request::builder().method("POST").uri("/identity/v3/auth/tokens");
    let answer = api.call(request.body(Body::from_stream(nothing)).expect("a request")).await.expect(408);
    assert!(answer.text.contains("send it faster"), "{}", answer.text);
}

#[tokio::test]
async fn a_query_with_too_much_is_refused() {
    let api = Api::new();
    let admin = api.login("admin", None).await;
    let many = "name=a&".repeat(101);
    let table = [
        (format!("/identity/v3/projects?{many}"), "at most 100"),
        ("/identity/v3/projects?enabled=maybe".to_owned(), "`maybe` is not true or false"),
        ("/identity/v3/projects?nmae=a".to_owned(), "at `nmae`"),
    ];
    for (path, sentence) in table {
        let answer = api.send(ask("GET", &path).token(&admin)).await.expect(400);
        assert!(answer.text.contains(sentence), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_our_fault() {
    use crate::world::Broken;
    let table = [
        (Abort::Unavailable("the disk is on fire".to_owned()), 503),
        (Abort::Conflict, 503),
        (Abort::Corrupt("a row of the year 2040".to_owned()), 500),
    ];
    for (abort, status) in table {
        let api = Api::over(Broken::new(abort));
        let answer = api.get("/healthz").await.expect(status);
        assert!(!answer.text.contains("fire") && !answer.text.contains("2040"), "{}", answer.text);
        // What needs no store goes on.
        api.send(ask("POST", "/identity/v3/auth/tokens").json(&login("alice", None))).await.expect(201);
    }
    assert_eq!(Api::new().get("/healthz").await.expect(200).json(), json!({"status": "ok"}));
}
