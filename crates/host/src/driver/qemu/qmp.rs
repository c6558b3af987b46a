//! A small client of QEMU's machine protocol: one line of JSON for each message, over a unix socket.
//!
//! Nothing here waits without a limit, for a guest's process may be stopped, swamped or broken. Even connecting is
//! not waited for: a process that takes no connections would block it for ever.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use serde_json::{Value, json};

/// The longest message that is read: `query-pci` of a guest with 64 devices has some 60,000 bytes.
const MESSAGE_LEN_MAX: u64 = 4 << 20;

const SOCKET: &str = "qmp.sock";

/// A connection, ready for commands.
#[derive(Debug)]
pub struct Qmp {
    stream: BufReader<UnixStream>,
    timeout: Duration,
}

/// Why a guest's process was not reached or did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum QmpError {
    #[error("QEMU does not listen: {0}")]
    Deaf(io::Error),
    #[error("QEMU did not answer within {0:?}")]
    Silent(Duration),
    #[error("the connection to QEMU broke: {0}")]
    Broken(io::Error),
    #[error("QEMU said something that is not QMP")]
    Malformed,
    #[error("QEMU refused {command}: {reason}")]
    Refused { command: String, reason: String },
}

/// One message from QEMU.
#[derive(Debug, PartialEq)]
enum Message {
    Greeting,
    Event,
    Answer(Value),
    Error(String),
}

/// A socket for a process to be started, listening already: whoever connects from now on is answered by it.
pub fn listen(folder: &Path) -> io::Result<UnixListener> {
    let (path, _folder) = socket_path(folder)?;
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => UnixListener::bind(path),
    }
}

/// The socket's path, and the open folder that it goes through: the path of a socket has at most 108 bytes, and
/// that of a folder may have more.
fn socket_path(folder: &Path) -> io::Result<(PathBuf, File)> {
    let folder = File::open(folder)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd())), folder))
}

impl Qmp {
    /// Connects to the process of the guest in `folder`. Each exchange may take `timeout`.
    pub fn connect(folder: &Path, timeout: Duration) -> Result<Self, QmpError> {
        let stream = connect_at_once(folder).map_err(|e| match e.kind() {
            ErrorKind::WouldBlock => QmpError::Silent(timeout),
            _ => QmpError::Deaf(e),
        })?;
        let mut qmp = Qmp { stream: BufReader::new(stream), timeout };
        match qmp.receive(Instant::now() + timeout)? {
            Message::Greeting => {}
            Message::Event | Message::Answer(_) | Message::Error(_) => return Err(QmpError::Malformed),
        }
        qmp.call("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Gives a command and waits for its answer.
    pub fn call(&mut self, command: &str, arguments: Value) -> Result<Value, QmpError> {
        let deadline = Instant::now() + self.timeout;
        let mut line = json!({"execute": command, "arguments": arguments}).to_string();
        line.push('\n');
        let stream = self.stream.get_mut();
        let sent =
            stream.set_write_timeout(Some(self.timeout)).and_then(|()| stream.write_all(line.as_bytes()));
        sent.map_err(|e| self.failed(e))?;
        loop {
            match self.receive(deadline)? {
                Message::Answer(answer) => return Ok(answer),
                Message::Error(reason) => {
                    return Err(QmpError::Refused { command: command.to_owned(), reason });
                }
                Message::Event | Message::Greeting => {}
            }
        }
    }

    fn receive(&mut self, deadline: Instant) -> Result<Message, QmpError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(QmpError::Silent(self.timeout));
        }
        self.stream.get_ref().set_read_timeout(Some(left)).map_err(QmpError::Broken)?;
        let mut line = String::new();
        let read = (&mut self.stream).take(MESSAGE_LEN_MAX).read_line(&mut line);
        match read.map_err(|e| self.failed(e))? {
            0 => Err(QmpError::Broken(ErrorKind::UnexpectedEof.into())),
            _ => parse(&line).ok_or(QmpError::Malformed),
        }
    }

    fn failed(&self, error: io::Error) -> QmpError {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => QmpError::Silent(self.timeout),
            ErrorKind::InvalidData => QmpError::Malformed,
            _ => QmpError::Broken(error),
        }
    }
}

/// Connects if that is possible without waiting.
fn connect_at_once(folder: &Path) -> io::Result<UnixStream> {
    let (path, _folder) = socket_path(folder)?;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?).map_err(|e: Errno| io::Error::from(e))?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn parse(line: &str) -> Option<Message> {
    let Value::Object(mut message) = serde_json::from_str(line).ok()? else { return None };
    if message.contains_key("QMP") {
        return Some(Message::Greeting);
    }
    if message.contains_key("event") {
        return Some(Message::Event);
    }
    if let Some(error) = message.get("error") {
        return Some(Message::Error(error.get("desc")?.as_str()?.to_owned()));
    }
    message.remove("return").map(Message::Answer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_as_qemu_writes_them() {
        let table = [
            (r#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"#, Some(Message::Greeting)),
            (r#"{"timestamp": {"seconds": 1}, "event": "RESUME"}"#, Some(Message::Event)),
            (r#"{"return": {}}"#, Some(Message::Answer(json!({})))),
            (r#"{"return": [], "id": 7}"#, Some(Message::Answer(json!([])))),
            (
                r#"{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}}"#,
                Some(Message::Error("The command x has not been found".to_owned())),
            ),
            (r#"{"error": "no"}"#, None),
            ("{}", None),
            ("[]", None),
            ("qemu: out of memory", None),
            (r#"{"return": "#, None),
        ];
        for (line, message) in table {
            assert_eq!(parse(line), message, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_message_or_none(line in r#"(\{|\}|\[|\]|"QMP"|"event"|"error"|"desc"|"return"|:|,|1| ){0,12}|\PC*"#) {
            parse(&line);
        }
    }
}
