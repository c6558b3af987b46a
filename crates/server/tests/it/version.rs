//! Which version is served, and what the answer says about it.

use crate::api::{Api, ask};

const COMMON: &str = "OpenStack-API-Version";
const LEGACY: &str = "X-OpenStack-Nova-API-Version";

/// The headers sent; the status; the version that both headers of the answer name.
type Row = (&'static [(&'static str, &'static str)], u16, Option<&'static str>);

#[tokio::test]
async fn compute_serves_the_version_asked_for() {
    let api = Api::new();
    let table: [Row; 21] = [
        (&[], 200, Some("2.1")),
        (&[(COMMON, "compute 2.1")], 200, Some("2.1")),
        (&[(COMMON, "compute 2.53")], 200, Some("2.53")),
        (&[(COMMON, "compute 2.96")], 200, Some("2.96")),
        (&[(COMMON, "compute latest")], 200, Some("2.96")),
        (&[(COMMON, "COMPUTE 2.7")], 200, Some("2.7")),
        (&[(COMMON, "placement 1.30, compute 2.10")], 200, Some("2.10")),
        (&[(COMMON, "placement 1.30")], 200, Some("2.1")),
        (&[(COMMON, "placement 1.30"), (COMMON, "compute 2.11")], 200, Some("2.11")),
        (&[(LEGACY, "2.20")], 200, Some("2.20")),
        (&[(LEGACY, "latest")], 200, Some("2.96")),
        (&[(LEGACY, "2.20"), (COMMON, "compute 2.30")], 200, Some("2.30")),
        (&[(COMMON, "compute 2.97")], 406, None),
        (&[(COMMON, "compute 2.0")], 406, None),
        (&[(COMMON, "compute 3.1")], 406, None),
        (&[(COMMON, "compute 2.99999999999999999999")], 406, None),
        (&[(COMMON, "compute 2")], 400, None),
        (&[(COMMON, "compute 2.01")], 400, None),
        (&[(COMMON, "compute two")], 400, None),
        (&[(COMMON, "compute")], 400, None),
        (&[(LEGACY, "-1.5")], 400, None),
    ];
    for (headers, status, version) in table {
        let asked =
            headers.iter().fold(ask("GET", "/compute/v2.1"), |ask, (name, value)| ask.header(name, value));
        let answer = api.send(asked).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}: {}", answer.text);
        let common = version.map(|version| format!("compute {version}"));
        assert_eq!(answer.header(COMMON), common.as_deref(), "{headers:?}");
        assert_eq!(answer.header(LEGACY), version, "{headers:?}");
        assert_eq!(answer.header("Vary"), Some("OpenStack-API-Version, X-OpenStack-Nova-API-Version"));
    }
}

#[tokio::test]
async fn a_refusal_says_which_version_refused() {
    let api = Api::new();
    for (path, status) in [("/compute/v2.1/nothing", 404), ("/compute/v2.1/flavors/detail", 401)] {
        let answer = api.send(ask("GET", path).header(COMMON, "compute 2.40")).await.expect(status);
        assert_eq!(answer.header(COMMON), Some("compute 2.40"), "{path}");
        assert_eq!(answer.header(LEGACY), Some("2.40"), "{path}");
    }
}

#[tokio::test]
async fn placement_says_which_versions_it_has() {
    let api = Api::new();
    let answer = api.send(ask("GET", "/placement").header(COMMON, "placement 1.40")).await.expect(406);
    let error = &answer.json()["errors"][0];
    assert_eq!((error["min_version"].as_str(), error["max_version"].as_str()), (Some("1.0"), Some("1.39")));
    let answer = api.send(ask("GET", "/placement").header(COMMON, "placement latest")).await.expect(200);
    assert_eq!(answer.header(COMMON), Some("placement 1.39"));
    assert_eq!(answer.header(LEGACY), None);
}

#[tokio::test]
async fn every_version_document_is_open_and_names_this_site() {
    let api = Api::new();
    let table = [
        ("/compute", 200, "/versions/0/version", "2.96"),
        ("/compute/", 200, "/versions/0/min_version", "2.1"),
        ("/compute/v2.1", 200, "/version/version", "2.96"),
        ("/compute/v2.1/", 200, "/version/links/0/href", "http://site/compute/v2.1/"),
        ("/placement", 200, "/versions/0/max_version", "1.39"),
        ("/placement/", 200, "/versions/0/min_version", "1.0"),
        ("/identity", 300, "/versions/values/0/id", "v3.14"),
        ("/identity/v3", 200, "/version/links/0/href", "http://site/identity/v3/"),
        ("/identity/v3/", 200, "/version/status", "stable"),
        ("/image", 300, "/versions/0/links/0/href", "http://site/image/v2/"),
        ("/network", 200, "/versions/0/links/0/href", "http://site/network/v2.0/"),
    ];
    for (path, status, pointer, expected) in table {
        let answer = api.get(path).await.expect(status);
        let found = answer.json();
        assert_eq!(
            found.pointer(pointer).and_then(|value| value.as_str()),
            Some(expected),
            "{path}: {found}"
        );
    }
}
