//! `/v2/images`.

pub mod list;
pub mod show;
pub mod view;

use axum::http::Method;
use steadfast_operations::Control;

use crate::http::access::Access;
use crate::http::route::Route;
use crate::identity::role::Role;

pub fn routes<C: Control>() -> Vec<Route<C>> {
    let (all, one) = ("/image/v2/images", "/image/v2/images/{image_id}");
    let reader = Access::Role(Role::Reader);
    vec![
        Route::get(all, reader, "List images", list::list::<C>),
        Route::unbuilt(Method::POST, all, "Create an image: they stand in a folder"),
        Route::get(one, reader, "Show an image", show::show::<C>),
        Route::unbuilt(Method::PATCH, one, "Change an image: they stand in a folder"),
        Route::unbuilt(Method::DELETE, one, "Delete an image: they stand in a folder"),
        Route::unbuilt(Method::GET, "/image/v2/images/{image_id}/file", "Download an image's data"),
        Route::unbuilt(Method::PUT, "/image/v2/images/{image_id}/file", "Upload an image's data"),
    ]
}
