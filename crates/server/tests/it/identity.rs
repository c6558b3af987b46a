//! Logging in, and what a token is good for.

use serde_json::{Value, json};
use steadfast_server::identity::directory::Directory;

use crate::api::{Api, Ask, PASSWORD, ask, login, users};

const TOKENS: &str = "/identity/v3/auth/tokens";
const HOUR_US: i64 = 60 * 60 * 1_000_000;

async fn log_in(api: &Api, body: &Value) -> crate::api::Answer {
    api.send(ask("POST", TOKENS).json(body)).await
}

fn ask_about(token: &str, subject: &str) -> Ask {
    ask("GET", TOKENS).token(token).header("X-Subject-Token", subject)
}

#[tokio::test]
async fn a_login_answers_with_what_clients_need() {
    let api = Api::new();
    let answer = log_in(&api, &login("alice", Some("demo"))).await.expect(201);
    let token = &answer.json()["token"];
    assert_eq!(token["methods"], json!(["password"]));
    assert_eq!(token["user"]["id"], "u-alice");
    assert_eq!(token["user"]["domain"], json!({"id": "default", "name": "Default"}));
    assert_eq!(token["project"]["id"], "p-demo");
    assert_eq!(
        token["roles"],
        json!([{"id": "member", "name": "member"}, {"id": "reader", "name": "reader"}])
    );
    assert_eq!(token["issued_at"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(token["expires_at"], "2026-01-31T13:00:00.000000Z");
    let services: Vec<_> = token["catalog"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|service| {
            let public = service["endpoints"]
                .as_array()
                .expect("a list")
                .iter()
                .find(|one| one["interface"] == "public");
            (service["type"].as_str().expect("a type"), public.expect("one")["url"].as_str().expect("a url"))
        })
        .collect();
    let expected = [
        ("compute", "http://site/compute/v2.1"),
        ("placement", "http://site/placement"),
        ("identity", "http://site/identity"),
        ("image", "http://site/image"),
        ("network", "http://site/network"),
    ];
    assert_eq!(services, expected);
}

#[tokio::test]
async fn the_scope_decides_the_project() {
    let api = Api::new();
    let scoped = |user: &str, scope: Value| {
        let mut body = login(user, None);
        body["auth"]["scope"] = scope;
        body
    };
    let table = [
        (login("alice", None), 201, json!("p-demo")),
        (login("bob", None), 201, Value::Null),
        (login("bob", Some("other")), 201, json!("p-other")),
        (scoped("admin", json!({"project": {"id": "p-demo"}})), 201, json!("p-demo")),
        (
            scoped("admin", json!({"project": {"name": "demo", "domain": {"id": "default"}}})),
            201,
            json!("p-demo"),
        ),
        (scoped("alice", json!("unscoped")), 201, Value::Null),
        (scoped("alice", json!({"unscoped": {}})), 201, Value::Null),
        (scoped("alice", json!({"project": {"id": "p-other"}})), 401, Value::Null),
        (scoped("alice", json!({"project": {"name": "nowhere"}})), 401, Value::Null),
        (scoped("alice", json!({"project": {"name": "demo", "domain": {"name": "Else"}}})), 401, Value::Null),
        (scoped("admin", json!({"system": {"all": true}})), 401, Value::Null),
        (scoped("admin", json!({"domain": {"id": "default"}})), 401, Value::Null),
        (scoped("admin", json!({})), 400, Value::Null),
        (scoped("admin", json!("everything")), 400, Value::Null),
        (scoped("admin", json!({"project": {"id": "p-demo"}, "system": {}})), 400, Value::Null),
        (scoped("admin", json!({"projekt": {"id": "p-demo"}})), 400, Value::Null),
    ];
    for (body, status, project) in table {
        let answer = log_in(&api, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        assert_eq!(answer.json()["token"]["project"]["id"], project, "{body}");
        assert_eq!(answer.json()["token"]["catalog"].is_null(), project.is_null(), "{body}");
    }
}

#[tokio::test]
async fn who_cannot_prove_it_gets_no_token() {
    let api = Api::new();
    let methods = |methods: Value| {
        let mut body = login("alice", None);
        body["auth"]["identity"]["methods"] = methods;
        body
    };
    let user = |key: &str, value: &str| {
        let mut body = login("alice", None);
        body["auth"]["identity"]["password"]["user"][key] = json!(value);
        body
    };
    let long = "x".repeat(5000);
    let table = [
        (user("password", "wrong"), 401, "unknown or the password is wrong"),
        (user("password", ""), 401, "unknown or the password is wrong"),
        (user("password", &long), 401, "unknown or the password is wrong"),
        (user("name", "nobody"), 401, "unknown or the password is wrong"),
        (user("id", "u-nobody"), 401, "unknown or the password is wrong"),
        (user("domain", "x"), 400, "at `auth.identity.password.user.domain`"),
        (user("passwort", "x"), 400, "unknown field `passwort`"),
        (methods(json!([])), 400, "methods is empty"),
        (methods(json!(["token"])), 400, "auth.identity.token is missing"),
        (methods(json!(["totp"])), 401, "`totp` is not known"),
        (methods(json!([7])), 400, "at `auth.identity.methods[0]`"),
    ];
    for (body, status, sentence) in table {
        let answer = log_in(&api, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
        let said = answer.json()["error"]["message"].as_str().expect("a sentence").to_owned();
        assert!(said.contains(sentence), "{body}: {said}");
        assert!(answer.header("X-Subject-Token").is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_token_got_with_a_token_does_not_outlive_it() {
    let api = Api::new();
    let first = api.login("alice", None).await;
    api.world.pass(HOUR_US / 2);
    let mut body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": first}}}});
    let answer = log_in(&api, &body).await.expect(201);
    assert_eq!(answer.json()["token"]["expires_at"], "2026-01-31T13:00:00.000000Z");
    assert_eq!(answer.json()["token"]["methods"], json!(["password", "token"]));
    assert_eq!(answer.json()["token"]["project"]["id"], "p-demo");
    body["auth"]["identity"]["methods"] = json!(["token", "password"]);
    body["auth"]["identity"]["password"] = login("bob", None)["auth"]["identity"]["password"].clone();
    log_in(&api, &body).await.expect(401);
    api.world.pass(HOUR_US / 2);
    body["auth"]["identity"] = json!({"methods": ["token"], "token": {"id": first}});
    let late = log_in(&api, &body).await.expect(401);
    assert!(late.text.contains("expired"), "{}", late.text);
}

#[tokio::test]
async fn tokens_are_known_again_by_any_control_plane_of_the_site() {
    let (one, other) = (Api::new(), Api::new());
    let token = one.login("alice", None).await;
    let answer = other.send(ask_about(&token, &token)).await.expect(200);
    assert_eq!(answer.header("X-Subject-Token"), Some(token.as_str()));
    assert_eq!(answer.json()["token"]["user"]["name"], "alice");
    let head = ask("HEAD", TOKENS).token(&token).header("X-Subject-Token", &token);
    assert_eq!(other.send(head).await.expect(200).text, "");
}

#[tokio::test]
async fn who_may_ask_about_a_token() {
    let api = Api::new();
    let (admin, alice, bob) = (
        api.login("admin", None).await,
        api.login("alice", None).await,
        api.login("bob", Some("other")).await,
    );
    let table = [
        (ask_about(&admin, &alice), 200),
        (ask_about(&alice, &alice), 200),
        (ask_about(&alice, &bob), 403),
        (ask_about(&alice, "no.token"), 404),
        (ask("GET", TOKENS).token(&alice), 400),
        (ask("GET", TOKENS).header("X-Subject-Token", &alice), 401),
        (ask_about("", &alice), 401),
        (ask_about("x", &alice), 401),
        (ask("DELETE", TOKENS).token(&alice).header("X-Subject-Token", &alice), 501),
    ];
    for (asked, status) in table {
        let shown = format!("{asked:?}");
        let answer = api.send(asked).await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
    }
    let bare = api
        .send(ask("GET", &format!("{TOKENS}?nocatalog")).token(&alice).header("X-Subject-Token", &alice))
        .await;
    assert!(bare.expect(200).json()["token"]["catalog"].is_null());
    api.world.pass(HOUR_US);
    api.send(ask_about(&admin, &alice)).await.expect(401);
}

#[tokio::test]
async fn what_the_directory_shows_depends_on_who_asks() {
    let api = Api::new();
    let (admin, alice, bob) =
        (api.login("admin", None).await, api.login("alice", None).await, api.login("bob", None).await);
    // The path, under /identity/v3/; the answers to admin and to alice; what admin is shown there.
    let table = [
        ("projects", 200, 403, "/projects/2/name", "other"),
        ("projects?name=demo", 200, 403, "/projects/0/id", "p-demo"),
        ("projects/p-demo", 200, 200, "/project/name", "demo"),
        ("projects/p-other", 200, 404, "/project/name", "other"),
        ("projects/demo", 404, 404, "/error/code", "404"),
        ("users", 200, 403, "/users/0/name", "admin"),
        ("users?name=rita", 200, 403, "/users/0/id", "u-rita"),
        ("users/u-alice", 200, 200, "/user/default_project_id", "p-demo"),
        ("users/u-bob", 200, 404, "/user/name", "bob"),
        ("users/u-alice/projects", 200, 200, "/projects/0/name", "demo"),
        ("auth/projects", 200, 200, "/projects/0/name", "admin"),
        ("auth/catalog", 200, 200, "/catalog/0/type", "compute"),
        ("roles", 200, 403, "/roles/0/name", "reader"),
        ("roles/member", 200, 403, "/role/id", "member"),
        ("roles/king", 404, 403, "/error/code", "404"),
        ("domains", 200, 200, "/domains/0/id", "default"),
        ("domains/default", 200, 200, "/domain/name", "Default"),
        ("domains/Default", 404, 404, "/error/code", "404"),
    ];
    for (path, to_admin, to_alice, pointer, expected) in table {
        let path = format!("/identity/v3/{path}");
        let answer = api.send(ask("GET", &path).token(&admin)).await.expect(to_admin);
        let shown = answer.json().pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(shown.to_string().trim_matches('"'), expected, "{path}: {}", answer.text);
        api.send(ask("GET", &path).token(&alice)).await.expect(to_alice);
        api.send(ask("GET", &path)).await.expect(401);
        assert!(!answer.text.contains("argon2"), "{path}");
    }
    // A token for no project opens no list, and tells where one could be got for.
    api.send(ask("GET", "/identity/v3/users").token(&bob)).await.expect(403);
    api.send(ask("GET", "/identity/v3/auth/catalog").token(&bob)).await.expect(403);
    let own = api.send(ask("GET", "/identity/v3/auth/projects").token(&bob)).await.expect(200);
    assert_eq!(own.json()["projects"][0]["name"], "other");
}

#[test]
fn a_users_file_is_refused_with_its_reason_and_without_its_hashes() {
    let good = users();
    let hash = good.split('\'').find(|part| part.starts_with("$argon2")).expect("a hash").to_owned();
    let table = [
        (good.replace("name = 'demo'", "name = 'admin'"), "two projects named `admin`"),
        (good.replace("'p-demo'", "'p-admin'"), "two projects with the id `p-admin`"),
        (good.replace("name = 'bob'", "name = 'rita'"), "two users named `rita`"),
        (good.replace("'u-bob'", "'u-rita'"), "two users with the id `u-rita`"),
        (
            good.replace("other = 'member'", "nowhere = 'member'"),
            "project `nowhere`, which it does not define",
        ),
        (good.replace("other = 'member'", "other = 'king'"), "unknown variant `king`"),
        (good.replace("default_project = 'admin'", "default_project = 'other'"), "has no role there"),
        (good.replace("roles =", "rolls ="), "unknown field `rolls`"),
        (good.replace(&hash, PASSWORD), "password of user `admin` is not an argon2 hash"),
        (good.replacen(&format!("'{hash}'"), &format!("'{hash}"), 1), "line 14"),
        (good.replacen("id = 'u-admin'", "id = 'u admin'", 1), "not a valid user id"),
    ];
    for (file, sentence) in table {
        let refused = Directory::parse(&file).expect_err(sentence).to_string();
        assert!(refused.contains(sentence), "{refused}");
        assert!(!refused.contains("$argon2id") && !refused.contains(PASSWORD), "{refused}");
    }
}
