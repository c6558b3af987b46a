//! Where the keeper of a site listens: `steadfast up host kill|start` asks through here.
//!
//! One request and one answer for each connection, both a line of JSON. The directory is its owner's alone, and
//! so is the socket in it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use steadfast_model::ids::HostId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::Layout;
use crate::exit::Failure;

/// The longest line: a host's name and a few words.
const LINE_BYTES_MAX: u64 = 4096;

/// What is asked of the keeper of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    KillHost(HostId),
    StartHost(HostId),
}

/// What came of it, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(String),
    Refused(String),
}

/// Someone at the door.
#[derive(Debug)]
pub struct Visit {
    pub request: Request,
    stream: BufReader<UnixStream>,
}

/// A socket's path may have 107 bytes, so it is named through the open directory, however long that one's is.
fn socket(layout: &Layout) -> Result<(File, PathBuf), Failure> {
    let dir = layout.dir();
    let open = File::open(dir).map_err(Failure::cannot(format_args!("open {}", dir.display())))?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{}", open.as_raw_fd(), Layout::SOCKET));
    Ok((open, path))
}

/// Opens the door, and hands over whoever asks something that can be understood. The caller holds the site's lock, so
/// a socket that is there already is of a keeper that died.
///
/// # Errors
/// When the socket cannot be made.
pub fn open(layout: &Layout) -> Result<mpsc::Receiver<Visit>, Failure> {
    let (_dir, path) = socket(layout)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Failure::because(format_args!("cannot remove the former socket: {error}")));
        }
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path).map_err(Failure::cannot("listen for commands"))?;
    let (tell, visits) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tell, mut stream) = (tell.clone(), BufReader::new(stream));
            tokio::spawn(async move {
                if let Ok(request) = read_line(&mut stream).await {
                    // A keeper that is ending answers nobody.
                    let _ = tell.send(Visit { request, stream }).await;
                }
            });
        }
    });
    Ok(visits)
}

impl Visit {
    /// Answers. Whoever asked may have gone: what was done is done.
    pub async fn answer(mut self, done: Result<String, Failure>) {
        let answer = match done {
            Ok(said) => Answer::Done(said),
            Err(failure) => Answer::Refused(failure.to_string()),
        };
        let _ = write_line(&mut self.stream, &answer).await;
    }
}

/// Asks the keeper of the site.
///
/// # Errors
/// When nobody keeps it, or what is asked is refused.
pub async fn ask(layout: &Layout, request: &Request) -> Result<String, Failure> {
    let nobody = || {
        Failure::because(format_args!(
            "no site is up in {}; start one with steadfast up --dir {0}",
            layout.dir().display()
        ))
    };
    if !layout.dir().is_dir() {
        return Err(nobody());
    }
    let (_dir, path) = socket(layout)?;
    let stream = UnixStream::connect(&path).await.map_err(|_| nobody())?;
    let mut stream = BufReader::new(stream);
    let broke_off = Failure::cannot::<std::io::Error>("ask the site");
    write_line(&mut stream, request).await.map_err(&broke_off)?;
    match read_line(&mut stream).await.map_err(&broke_off)? {
        Answer::Done(said) => Ok(said),
        Answer::Refused(why) => Err(Failure::Failed(why)),
    }
}

async fn read_line<T: for<'a> Deserialize<'a>>(stream: &mut BufReader<UnixStream>) -> std::io::Result<T> {
    let mut line = String::new();
    stream.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    serde_json::from_str(&line).map_err(Into::into)
}

async fn write_line(stream: &mut BufReader<UnixStream>, said: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_string(said)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    stream.flush().await
}
