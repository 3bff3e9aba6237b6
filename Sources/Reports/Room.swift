// The room's first unit comes here.
