"""What runs during a deployment, started by CloudFormation and not by HTTP."""
