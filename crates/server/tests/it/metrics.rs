//! What operators watch.

use crate::api::{Api, ask};

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
