//! Images, from a folder.

use std::fs;

use steadfast_server::image::folder::Images;

use crate::api::{Api, ask};

const CIRROS: &str = "3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10";
const DEBIAN: &str = "7a9c1f20-52a6-4b7e-8f7b-2d2b9f3c1e11";

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let api = Api::new();
    let token = api.login("rita", None).await;
    let table = [
        ("", "cirros, Debian 12, Fedora"),
        ("?name=cirros", "cirros"),
        ("?name=Debian%2012", "Debian 12"),
        ("?id=in:3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10,nothing", "cirros"),
        ("?id=7a9c1f20-52a6-4b7e-8f7b-2d2b9f3c1e11", "Debian 12"),
        ("?os_distro=fedora", "Fedora"),
        ("?status=active&visibility=public", "cirros, Debian 12, Fedora"),
        ("?status=queued", ""),
        ("?protected=false&min_disk=1", "cirros"),
        ("?limit=2", "cirros, Debian 12"),
        ("?limit=0", ""),
        ("?sort=name:asc&limit=1", "cirros"),
        ("?marker=7a9c1f20-52a6-4b7e-8f7b-2d2b9f3c1e11", "Fedora"),
    ];
    for (query, expected) in table {
        let answer =
            api.send(ask("GET", &format!("/image/v2/images{query}")).token(&token)).await.expect(200);
        let body = answer.json();
        let images = body["images"].as_array().expect("a list");
        let names: Vec<_> = images.iter().map(|image| image["name"].as_str().expect("a name")).collect();
        assert_eq!(names.join(", "), expected, "{query}");
    }
    let mut path = "/v2/images?limit=1".to_owned();
    for expected in ["cirros", "Debian 12", "Fedora"] {
        let body = api.send(ask("GET", &format!("/image{path}")).token(&token)).await.expect(200).json();
        assert_eq!(body["images"][0]["name"], expected);
        path = body["next"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(path, "", "the last page has no next one");
}

#[tokio::test]
async fn one_image_is_shown_by_id_only() {
    let api = Api::new();
    let token = api.login("rita", None).await;
    let image =
        api.send(ask("GET", &format!("/image/v2/images/{CIRROS}")).token(&token)).await.expect(200).json();
    assert_eq!((image["name"].as_str(), image["disk_format"].as_str()), (Some("cirros"), Some("qcow2")));
    assert_eq!((image["size"].as_u64(), image["min_ram"].as_u64()), (Some(11), Some(64)));
    assert_eq!(image["os_distro"], "cirros");
    let plain =
        api.send(ask("GET", &format!("/image/v2/images/{DEBIAN}")).token(&token)).await.expect(200).json();
    assert_eq!((plain["size"].as_u64(), plain["disk_format"].as_str()), (Some(0), Some("raw")));
    for (path, status) in [
        ("cirros", 404),
        ("%2e%2e%2fcirros", 404),
        ("00000000-0000-0000-0000-000000000000", 404),
        ("3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10/file", 501),
    ] {
        api.send(ask("GET", &format!("/image/v2/images/{path}")).token(&token)).await.expect(status);
    }
    let bad = api.send(ask("GET", "/image/v2/images?limit=-1").token(&token)).await.expect(400);
    assert!(bad.json()["message"].as_str().expect("a sentence").contains("at `limit`"), "{}", bad.text);
}

#[test]
fn a_folder_is_refused_with_the_file_and_the_reason() {
    let id = format!("id = '{CIRROS}'\n");
    let table = [
        ("a.toml", "id = 'seven'".to_owned(), "a.toml is not a description"),
        ("a.toml", format!("{id}nmae = 'x'"), "unknown field `nmae`"),
        ("a.toml", format!("{id}disk_format = '../raw'"), "disk_format is a word"),
        ("a.toml", "name = 'x'".to_owned(), "missing field `id`"),
        ("a.toml", format!("{id}min_disk_gb = -1"), "is not a description"),
    ];
    let folder = std::env::temp_dir().join(format!("steadfast-images-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text, sentence) in table {
        fs::write(folder.join(name), &text).expect("a file");
        let refused = Images::read(&folder).expect_err(&text).to_string();
        assert!(refused.contains(sentence), "{text}: {refused}");
    }
    fs::write(folder.join("a.toml"), &id).expect("a file");
    assert_eq!(Images::read(&folder).expect("one image").iter().count(), 1);
    fs::write(folder.join("b.toml"), &id).expect("a file");
    let refused = Images::read(&folder).expect_err("the same id").to_string();
    assert!(refused.contains("two images have the id"), "{refused}");
    fs::remove_dir_all(&folder).expect("the folder is ours");
    assert!(Images::read(&folder).expect_err("it is gone").to_string().contains("cannot be read"));
}
