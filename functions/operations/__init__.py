"""What runs without HTTP: invoked by operators and by CloudFormation."""
