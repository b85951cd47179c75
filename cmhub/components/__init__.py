"""What pages are made of: functions of Vars."""
