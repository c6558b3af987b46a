//! What operators watch.

use serde_json::json;

use crate::api::{Api, ask};
use crate::host::Host;
use crate::operator::Person;

#[tokio::test]
async fn requests_are_counted_by_route_not_by_what_clients_write() {
    let api = Api::new();
    for path in ["/compute", "/identity/v3/projects/a", "/identity/v3/projects/b", "/lost/x", "/lost/y"] {
        api.get(path).await;
    }
    api.send(ask("BREW", "/compute")).await.expect(405);
    let answer = api.get("/metrics").await.expect(200);
    assert!(answer.header("Content-Type").expect("one").starts_with("application/openmetrics-text"));
    let lines = [
        r#"steadfast_http_requests_total{service="compute",method="GET",route="/compute",status="200"} 1"#,
        r#"steadfast_http_requests_total{service="identity",method="GET",route="/identity/v3/projects/{project_id}",status="401"} 2"#,
        r#"steadfast_http_requests_total{service="site",method="GET",route="none",status="404"} 2"#,
        r#"steadfast_http_requests_total{service="compute",method="other",route="/compute",status="405"} 1"#,
        r#"steadfast_http_request_duration_seconds_count{service="identity"} 2"#,
        r#"steadfast_devices{state="claimed"} 0"#,
        r#"steadfast_hosts{state="fenced"} 0"#,
        "# EOF",
    ];
    for line in lines {
        assert!(answer.text.lines().any(|shown| shown == line), "{line}\n{}", answer.text);
    }
}

#[tokio::test]
async fn devices_that_wait_to_be_sanitised_are_counted() {
    let api = Api::new();
    let admin = Person::new(&api, "admin", None).await;
    admin.flavor("small", Some("gpu:1")).await;
    let mut host = Host::off(&api, "host1");
    host.sanitizes = true;
    host.start().await;
    // What its agent says of a device that it is to sanitise, and how many are clean, dirty and stuck then.
    let table = [
        (None, [3, 2, 0]),
        (Some(json!({"failed": "no luck"})), [3, 0, 2]),
        (None, [3, 0, 2]),
        (Some(json!({"by": "reset"})), [5, 0, 0]),
    ];
    let check = |expected: [usize; 3]| {
        let api = &api;
        async move {
            let shown = api.get("/metrics").await.expect(200).text;
            for (state, count) in ["free", "dirty", "stuck"].into_iter().zip(expected) {
                let line = format!(r#"steadfast_devices{{state="{state}"}} {count}"#);
                assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
            }
        }
    };
    for (sanitized, expected) in table {
        host.sanitized = sanitized;
        host.obey().await;
        check(expected).await;
    }
    // What a guest has used is dirty.
    host.sanitized = None;
    let server = admin.boot("web", "small").await;
    host.obey().await;
    check([4, 0, 0]).await;
    admin.delete(&format!("/compute/v2.1/servers/{server}")).await.expect(204);
    host.obey().await;
    check([4, 1, 0]).await;
}
