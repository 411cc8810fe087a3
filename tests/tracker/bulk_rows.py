from tests.support.bulk import BLOCK, SERIES

STATUS = "(ARRAY['open', 'closed'])[1 + n % 2]"
FILL = [
    f"INSERT INTO projects (name, owner_id) SELECT 'project', {BLOCK} {SERIES}",
    f"INSERT INTO issues (project_id, title, status) SELECT {BLOCK}, 'issue', {STATUS} {SERIES}",
]
LISTS = {
    "list_projects": ["/api/v1/projects"],
    "list_issues": ["/api/v1/projects/1/issues", "/api/v1/projects/1/issues?status=open"],
}
