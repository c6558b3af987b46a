//! Goes through every operation that is not over, at start and from time to time (C2).

use steadfast_model::cause::Cause;
use steadfast_model::ids::InstanceId;

use crate::advance::advance;
use crate::seam::{Control, Key, Page, TxError, unfinished};

/// How many unfinished operations are read at a time.
const SWEEP_PAGE: usize = 200;

/// Advances every unfinished operation once. Answers how many there were. One that cannot go on does not keep the
/// others from going on.
///
/// # Errors
/// When the store could not go on with one of them: the first such error. The next sweep begins anew.
pub async fn sweep<C: Control>(env: &C, cause: &Cause) -> Result<usize, TxError> {
    let mut after: Option<InstanceId> = None;
    let mut swept = 0;
    let mut outcome = Ok(());
    loop {
        let page = Page { after: after.map(Key::Instance), limit: SWEEP_PAGE, descending: false };
        let ids: Vec<InstanceId> = env
            .view("sweep", move |view| {
                Ok(view.read(unfinished(page.clone()))?.into_iter().map(|instance| instance.id).collect())
            })
            .await?;
        for id in &ids {
            outcome = outcome.and(advance(env, cause, *id).await);
        }
        swept += ids.len();
        match ids.last() {
            Some(last) if ids.len() == SWEEP_PAGE => after = Some(*last),
            Some(_) | None => return outcome.map(|()| swept),
        }
    }
}
