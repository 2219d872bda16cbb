%a = xcs.constant ²
