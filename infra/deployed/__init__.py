"""Code that AWS runs beside the routes: operations, migrations, layers."""
