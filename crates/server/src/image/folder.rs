//! The images of a site: a folder with one `NAME.toml` for each, and beside it, if the image has any data,
//! `NAME.<disk_format>`.
//!
//! ```toml
//! id = "3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10"
//! name = "cirros"
//! disk_format = "qcow2"
//! container_format = "bare"
//! min_disk_gb = 1
//! min_ram_mb = 64
//! properties = { os_distro = "cirros" }
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use steadfast_model::ids::Moment;
use uuid::Uuid;

/// How many images a folder may hold. All of them are kept in memory, and listed without an index.
pub const IMAGES_MAX: usize = 10_000;

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: Uuid,
    pub name: String,
    pub disk_format: String,
    pub container_format: String,
    pub min_disk_gb: u64,
    pub min_ram_mb: u64,
    pub properties: BTreeMap<String, String>,
    /// Of the data; 0 for an image without any.
    pub size_bytes: u64,
    pub created_at: Moment,
}

/// All images, by id.
#[derive(Debug, Clone, Default)]
pub struct Images(BTreeMap<Uuid, Image>);

/// Why a folder of images is refused.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is not a description of an image: {why}", path.display())]
    Malformed { path: PathBuf, why: String },
    #[error("two images have the id {id}: give {} another one", path.display())]
    Twice { id: Uuid, path: PathBuf },
    #[error("there are more than {IMAGES_MAX} images in {}", path.display())]
    TooMany { path: PathBuf },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    id: Uuid,
    name: Option<String>,
    #[serde(default = "raw")]
    disk_format: String,
    #[serde(default = "bare")]
    container_format: String,
    #[serde(default)]
    min_disk_gb: u64,
    #[serde(default)]
    min_ram_mb: u64,
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

fn raw() -> String {
    "raw".to_owned()
}

fn bare() -> String {
    "bare".to_owned()
}

impl Images {
    /// Reads a folder, once: to add an image, put it there and start the control plane again.
    ///
    /// # Errors
    /// The first file that is not right, and why.
    pub fn read(folder: &Path) -> Result<Images, FolderError> {
        let unreadable = |error| FolderError::Unreadable { path: folder.to_owned(), error };
        let mut images = Images::default();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            if images.0.len() == IMAGES_MAX {
                return Err(FolderError::TooMany { path: folder.to_owned() });
            }
            let image = read_one(&path)?;
            let id = image.id;
            if images.0.insert(id, image).is_some() {
                return Err(FolderError::Twice { id, path });
            }
        }
        Ok(images)
    }

    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<&Image> {
        self.0.get(&id)
    }

    /// By id.
    pub fn iter(&self) -> impl Iterator<Item = &Image> {
        self.0.values()
    }
}

fn read_one(path: &Path) -> Result<Image, FolderError> {
    let unreadable = |error| FolderError::Unreadable { path: path.to_owned(), error };
    let malformed = |why| FolderError::Malformed { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let described: Description = toml::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.ok_or_else(|| malformed("its name is not UTF-8".to_owned()))?;
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !word(&described.disk_format) {
        return Err(malformed("disk_format is a word such as raw or qcow2".to_owned()));
    }
    let size_bytes = match fs::metadata(path.with_extension(&described.disk_format)) {
        Ok(data) => data.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(unreadable(error)),
    };
    let modified = fs::metadata(path).and_then(|file| file.modified()).map_err(unreadable)?;
    let age = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Image {
        id: described.id,
        name: described.name.unwrap_or_else(|| stem.to_owned()),
        disk_format: described.disk_format,
        container_format: described.container_format,
        min_disk_gb: described.min_disk_gb,
        min_ram_mb: described.min_ram_mb,
        properties: described.properties,
        size_bytes,
        created_at: Moment(i64::try_from(age.as_micros()).unwrap_or(i64::MAX)),
    })
}
