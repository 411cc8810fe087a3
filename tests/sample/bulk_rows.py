from tests.support.bulk import BLOCK, SERIES

FILL = [
    f"INSERT INTO gadgets (name) SELECT 'gadget ' || n {SERIES}",
    f"INSERT INTO lockers (name, owner_id) SELECT 'locker ' || n, {BLOCK} {SERIES}",
    f"INSERT INTO parcels (name, locker_id) SELECT 'parcel ' || n, {BLOCK} {SERIES}",
    f"INSERT INTO labels (name) SELECT 'label ' || n {SERIES}",
]
LISTS = {
    "list_gadgets": ["/api/v1/gadgets"],
    "list_lockers": ["/api/v1/lockers"],
    "list_parcels": ["/api/v1/lockers/1/parcels"],
    "list_labels": ["/api/v1/labels"],
}
