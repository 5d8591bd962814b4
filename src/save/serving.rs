//! Who serves a site. Two servers may: both follow its files, and whoever writes waits for the other. But who starts
//! the second one by mistake wants to know.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::fs::{FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;

use super::Files;
use super::revisions::state;

/// Holds the address of the server that was there first, and a lock for as long as that lives.
const NAME: &str = "serving";

impl Files {
    /// Says that this program serves the site at an address, until it ends. Returns where another one does already.
    pub fn serve_at(&self, address: &str) -> Option<String> {
        if self.is_one_file() {
            return None;
        }
        // Where nothing can be written down nobody is told, and nothing else depends on it.
        self.take_place(address).unwrap_or(None)
    }

    fn take_place(&self, address: &str) -> io::Result<Option<String>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let mut file = File::from(openat(state(&self.root)?, NAME, flags, mode)?);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut other = String::new();
                file.take(4096).read_to_string(&mut other)?;
                return Ok(Some(other.trim().to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
        file.set_len(0)?;
        writeln!(file, "{address} (process {})", std::process::id())?;
        // The lock goes with the file, and that with the program.
        drop(self.serving.set(file));
        Ok(None)
    }
}
