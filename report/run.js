window.guidedsegRun = {};
