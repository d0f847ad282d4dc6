AUDIT = {"PRESS_AUDIT": (bool, True), "PRESS_KEEP_DAYS": (int, 30)}
