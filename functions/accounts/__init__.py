"""Users: sign-in, their own account, profiles, who follows whom, and the admin's view."""
