//! Which QEMU there is, and whether guests really run under KVM.
//!
//! A `/dev/kvm` that can be opened proves little: inside another hypervisor it can fail at the first guest, or
//! emulate slower than QEMU would. So a guest is run: its firmware starts a disk whose few
//! instructions end QEMU with a status that nothing else ends it with.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "qemu-system-x86_64";

/// How long the guest of the probe may take. In software it takes a tenth of a second: what KVM needs longer for
/// than this is not worth having.
const PROBE_TIMEOUT_S: &str = "2";

/// What the boot sector does: `mov al, 0x10; out 0xf4, al; hlt; jmp $-1`.
const CODE: [u8; 7] = [0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd];
const SECTOR_LEN: usize = 512;
/// A smaller disk has no cylinder that the firmware would start from.
const DISK_LEN: u64 = 1 << 20;
const SECTOR_MARK: [u8; 2] = [0x55, 0xaa];
/// QEMU's debug-exit device ends it with twice the byte written to it, plus one.
const PROBE_STATUS: i32 = 0x10 * 2 + 1;

/// What executes a guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    Kvm,
    /// QEMU's own translator; works everywhere.
    Tcg,
}

/// Why there is no usable QEMU.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("{PROGRAM} is not installed; on Debian: apt-get install qemu-system-x86")]
    Missing,
    #[error("{} does not say its version: {why}", path.display())]
    Version { path: PathBuf, why: String },
    #[error("the probe of KVM cannot be run: {0}")]
    Probe(io::Error),
}

/// The QEMU that guests run in.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub path: PathBuf,
    /// As Nova numbers it: 10.0.2 is 10000002.
    pub version: u64,
    pub accelerator: Accelerator,
}

/// Where QEMU is, if it is installed.
#[must_use]
pub fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

impl Program {
    pub fn find(accelerator: Option<Accelerator>, scratch: &Path) -> Result<Self, ProbeError> {
        let path = find().ok_or(ProbeError::Missing)?;
        let version = version(&path)?;
        let mut program = Program { path, version, accelerator: Accelerator::Kvm };
        program.accelerator = match accelerator {
            Some(accelerator) => accelerator,
            None if program.runs_a_guest(scratch, PROBE_TIMEOUT_S).map_err(ProbeError::Probe)? => {
                Accelerator::Kvm
            }
            None => Accelerator::Tcg,
        };
        tracing::info!(qemu = %program.path.display(), version, accelerator = ?program.accelerator, "QEMU is found");
        Ok(program)
    }

    /// The machine that every guest is, without anything that was not asked for.
    pub fn machine(&self) -> [&'static str; 6] {
        let machine = match self.accelerator {
            Accelerator::Kvm => "q35,accel=kvm",
            Accelerator::Tcg => "q35,accel=tcg",
        };
        ["-nodefaults", "-no-user-config", "-display", "none", "-machine", machine]
    }

    /// Whether the probe's guest ran to its end. `timeout` kills it even if this process is killed meanwhile.
    fn runs_a_guest(&self, scratch: &Path, timeout_s: &str) -> io::Result<bool> {
        let disk = scratch.join("probe.img");
        fs::write(&disk, boot_sector())?;
        fs::File::options().write(true).open(&disk)?.set_len(DISK_LEN)?;
        let status = Command::new("timeout")
            .args(["--signal=KILL", timeout_s])
            .arg(&self.path)
            .args(self.machine())
            .args(["-m", "64", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
            .args(["-blockdev", "driver=raw,node-name=boot,file.driver=file,file.filename=probe.img"])
            .args(["-device", "ide-hd,drive=boot"])
            .current_dir(scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        fs::remove_file(disk)?;
        Ok(status.code() == Some(PROBE_STATUS))
    }
}

fn boot_sector() -> [u8; SECTOR_LEN] {
    let mut sector = [0; SECTOR_LEN];
    sector[..CODE.len()].copy_from_slice(&CODE);
    sector[SECTOR_LEN - SECTOR_MARK.len()..].copy_from_slice(&SECTOR_MARK);
    sector
}

fn version(program: &Path) -> Result<u64, ProbeError> {
    let refused = |why: String| ProbeError::Version { path: program.to_owned(), why };
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|e| refused(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| refused(text.lines().next().unwrap_or_default().to_owned()))
}

/// `QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)` is 10000002.
fn parse_version(text: &str) -> Option<u64> {
    let number = text.split_once("version ")?.1.split_whitespace().next()?;
    let mut parts = number.split('.').map(|part| part.parse::<u64>().ok().filter(|part| *part < 1000));
    let (major, minor, micro) = (parts.next()??, parts.next()??, parts.next()??);
    Some(major * 1_000_000 + minor * 1_000 + micro)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_as_qemu_writes_them() {
        let table = [
            ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright", Some(10_000_002)),
            ("QEMU emulator version 7.2.22\n", Some(7_002_022)),
            ("QEMU emulator version 10.0", None),
            ("QEMU emulator version 10.0.x", None),
            ("QEMU emulator version 1.1000.0", None),
            ("QEMU emulator version ", None),
            ("", None),
        ];
        for (text, version) in table {
            assert_eq!(parse_version(text), version, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_version_or_none(text in "(version |[0-9]{1,24}|\\.){0,8}|\\PC*") {
            parse_version(&text);
        }
    }

    /// The probe tries KVM; that its guest itself is sound is seen where instructions are translated.
    #[test]
    fn the_probe_runs_to_its_end() {
        let scratch = env::temp_dir().join(format!("steadfast-probe-{}", std::process::id()));
        fs::create_dir_all(&scratch).expect("a scratch folder");
        let program = Program::find(Some(Accelerator::Tcg), &scratch).expect("QEMU is installed");
        let ran = program.runs_a_guest(&scratch, "60").expect("the probe runs");
        fs::remove_dir_all(&scratch).expect("the scratch is still there");
        assert!(ran);
    }
}
