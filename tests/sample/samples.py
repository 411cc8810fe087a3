from tests.support.sample_calls import Rows, Sample, World, created


def parcel_in(world: World, path: str) -> int:
    return int(world.admin.post(path, json=world.body("create_parcel")).json()["id"])


SAMPLES = {
    "create_gadget": Sample("/api/v1/gadgets", {"name": "gadget {n}"}),
    "list_gadgets": Sample("/api/v1/gadgets", rows=Rows(created("gadget"), "gadgets")),
    "get_gadget": Sample("/api/v1/gadgets/{gadget}"),
    "update_gadget": Sample("/api/v1/gadgets/{gadget}", {"name": "changed"}),
    "delete_gadget": Sample("/api/v1/gadgets/{gadget}"),
    "create_locker": Sample("/api/v1/lockers", {"name": "locker {n}"}),
    "list_lockers": Sample("/api/v1/lockers", rows=Rows(created("locker"), "lockers")),
    "get_locker": Sample("/api/v1/lockers/{locker}"),
    "update_locker": Sample("/api/v1/lockers/{locker}", {"name": "changed"}),
    "delete_locker": Sample("/api/v1/lockers/{locker}"),
    "create_parcel": Sample("/api/v1/lockers/{locker}/parcels", {"name": "parcel {n}"}),
    "list_parcels": Sample("/api/v1/lockers/{locker}/parcels", rows=Rows(parcel_in, "parcels")),
    "get_parcel": Sample("/api/v1/parcels/{parcel}"),
    "update_parcel": Sample("/api/v1/parcels/{parcel}", {"name": "changed"}),
    "delete_parcel": Sample("/api/v1/parcels/{parcel}"),
    "create_label": Sample("/api/v1/labels", {"name": "label {n}"}),
    "list_labels": Sample("/api/v1/labels", rows=Rows(created("label"), "labels")),
    "get_label": Sample("/api/v1/labels/{label}"),
    "print_label": Sample("/api/v1/labels/{label}/print"),
    "update_label": Sample("/api/v1/labels/{label}", {"name": "changed"}),
    "delete_label": Sample("/api/v1/labels/{label}"),
}
