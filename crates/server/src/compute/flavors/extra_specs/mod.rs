//! `/flavors/{flavor_id}/os-extra_specs`.

pub mod create;
pub mod delete;
pub mod set;
pub mod show;
pub mod spec;

use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let all = "/compute/v2.1/flavors/{flavor_id}/os-extra_specs";
    let one = "/compute/v2.1/flavors/{flavor_id}/os-extra_specs/{key}";
    let (reader, admin) = (Access::Role(Role::Reader), Access::Role(Role::Admin));
    vec![
        Route::get(all, reader, "List a flavor's extra specs", show::list::<C>),
        Route::post(all, admin, "Set several extra specs of a flavor", create::create::<C>),
        Route::get(one, reader, "Show an extra spec", show::show::<C>),
        Route::put(one, admin, "Set an extra spec", set::set::<C>),
        Route::delete(one, admin, "Delete an extra spec", delete::delete::<C>),
    ]
}
