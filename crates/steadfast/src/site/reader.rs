//! Looks into a site's store beside the control plane, without a part in it.

use steadfast_operations::seam::Abort;
use steadfast_store::{Backend, open_reader};

use crate::exit::Failure;

/// A store, to be read only. Reads block, so each is given a thread.
pub struct Reader {
    engine: Option<Box<dyn Backend>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

impl Reader {
    /// # Errors
    /// When there is no such store, or it cannot be read.
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let url = url.to_owned();
        let opened = tokio::task::spawn_blocking(move || open_reader(&url)).await;
        let engine = opened.map_err(Failure::because)??;
        Ok(Reader { engine: Some(engine) })
    }

    /// Reads one version.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<T: Send + 'static>(
        &mut self,
        look: impl FnOnce(&mut dyn Backend) -> Result<T, Abort> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut engine = self.engine.take().expect("a read gives its engine back");
        let read = tokio::task::spawn_blocking(move || {
            let seen = look(engine.as_mut());
            engine.rollback();
            (engine, seen)
        });
        let (engine, seen) = read.await.map_err(Failure::because)?;
        self.engine = Some(engine);
        seen.map_err(Failure::cannot("read the store"))
    }
}
