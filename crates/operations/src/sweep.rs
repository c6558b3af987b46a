//! Goes through every operation that is not over, at start and from time to time (C2).

use steadfast_model::cause::Cause;
use steadfast_model::ids::InstanceId;

use crate::advance::advance;
use crate::seam::{Control, Key, Page, TxError, unfinished};

/// How many unfinished operations are read at a time.
const SWEEP_PAGE: usize = 200;

/// Advances every unfinished operation once. Answers how many there were.
///
/// # Errors
/// When the store cannot go on; the next sweep begins anew.
pub async fn sweep<C: Control>(env: &C, cause: &Cause) -> Result<usize, TxError> {
    let mut after: Option<InstanceId> = None;
    let mut swept = 0;
    loop {
        let page = Page { after: after.map(Key::Instance), limit: SWEEP_PAGE, descending: false };
        let ids: Vec<InstanceId> = env
            .view("sweep", move |view| {
                Ok(view.read(unfinished(page.clone()))?.into_iter().map(|instance| instance.id).collect())
            })
            .await?;
        for id in &ids {
            advance(env, cause, *id).await?;
        }
        swept += ids.len();
        match ids.last() {
            Some(last) if ids.len() == SWEEP_PAGE => after = Some(*last),
            Some(_) | None => return Ok(swept),
        }
    }
}
